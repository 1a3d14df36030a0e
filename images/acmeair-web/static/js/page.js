// Small things that every view uses: elements, the message at the top, an action that runs once at a time.
//
// Before: the views. After: the document. Never here: the site's API, or text put in as markup.

export const one = (selector, root = document) => root.querySelector(selector);

/** A copy of a template's element. */
export const copy = (id) => one(`#${id}`).content.firstElementChild.cloneNode(true);

export const show = (selector, shown = true) => {
  one(selector).hidden = !shown;
};

const box = one("#message");
const again = one("#message-again");

/** Says something above the view; `retry`, where given, is behind a button "Try again". */
export const say = (text, { error = false, retry = null } = {}) => {
  box.classList.toggle("error", error);
  if (error) box.setAttribute("role", "alert");
  else box.removeAttribute("role");
  again.hidden = !retry;
  again.onclick = retry;
  box.hidden = false;
  one("#message-text").textContent = text;
  // A message that nobody sees says nothing: on a small screen its place may be scrolled away.
  box.scrollIntoView({ block: "nearest" });
};

export const hush = () => {
  box.hidden = true;
  one("#message-text").textContent = "";
};

/** Says what went wrong, with a way to try again where that may help. */
export const blame = (error, retry) => {
  if (error.sessionLost) return; // the sign-in says so
  if (error.status === undefined) console.error(error);
  const text = error.status === undefined ? "This page made a mistake. Please load it again." : error.message;
  say(text, { error: true, retry: error.passing ? retry : null });
};

/** Fetches what a view shows; what goes wrong is said, and can be tried again. */
export const fetched = async (work) => {
  try {
    await work();
  } catch (error) {
    blame(error, () => {
      hush();
      fetched(work);
    });
  }
};

/** Runs `work` unless it already runs, with `button` disabled meanwhile: a double click is one action. */
export const once = async (button, work) => {
  if (button.disabled) return;
  const focused = document.activeElement === button;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  hush();
  try {
    await work();
  } catch (error) {
    blame(error, () => once(button, work));
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    // A disabled element loses the focus; whoever works with keys gets it back unless it has moved on.
    if (focused && document.activeElement === document.body && button.checkVisibility()) button.focus();
  }
};

one("#message-close").addEventListener("click", hush);
