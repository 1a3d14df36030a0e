// What the site answers when it can't do what was asked, and how that is told.
//
// Before: api. After: page.blame, which shows it. The site's own words are used where it has any.

const WORDS = {
  unreachable: "Acme Air can't be reached. Try again in a moment.",
  auth_unavailable: "The sign-in service can't be reached. Nothing was lost; try again in a moment.",
  database_unavailable: "The database can't be reached. Nothing was changed; try again in a moment.",
  no_web: "No web server of Acme Air is up. Try again in a moment.",
  web_unreachable: "No web server of Acme Air answers. Try again in a moment.",
  overloaded: "Acme Air is very busy. Nothing was done; try again in a moment.",
  outcome_unknown: "Nobody could confirm that. Try again: it will not be done twice.",
  wrong_password: "The e-mail or the password is wrong.",
  session_ended: "Your session has ended. Please sign in again.",
};
const BY_STATUS = {
  502: "No web server of Acme Air answers. Try again in a moment.",
  503: "Acme Air can't answer right now. Try again in a moment.",
  504: "Acme Air took too long to answer. Try again in a moment.",
};
WORDS.no_session = WORDS.session_ended;

/** An answer that isn't 2xx: `passing` when the same request may well be answered a moment later. */
export class SiteError extends Error {
  constructor(status, text) {
    const { code, message } = understood(text);
    super(WORDS[code] ?? BY_STATUS[status] ?? message ?? `Acme Air answered with status ${status}.`);
    this.status = status;
    this.code = code;
    this.passing = status === 0 || (status >= 502 && status <= 504);
    this.sessionLost = status === 401;
  }
}

/** Nobody answered, or not in time. */
export const unreachable = () => new SiteError(0, JSON.stringify({ error: { code: "unreachable" } }));

/** {"error": {code, message}}, from the site or from Zuul in front of it; else nothing. */
const understood = (text) => {
  try {
    const { code, message } = JSON.parse(text).error;
    return { code, message };
  } catch {
    return {};
  }
};
