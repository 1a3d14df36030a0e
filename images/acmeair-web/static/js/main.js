// The page's first module: which view is shown, and what a lost session means for all of them.
//
// Before: index.html. After: the views. The address's fragment names the view, so that back, forward and reload work.

import * as account from "./account.js";
import { onServed, onSessionLost } from "./api.js";
import * as bookings from "./bookings.js";
import * as flights from "./flights.js";
import { fetched, hush, one, say, show } from "./page.js";
import * as signin from "./signin.js";

const VIEWS = { flights, bookings, account };
const TITLES = { signin: "Sign in", flights: "Flights", bookings: "My bookings", account: "My account" };

let shown = "";
let wanted = ""; // the view to go on to after signing in

const asked = () => location.hash.replace(/^#\//, "");

const mark = (name) => {
  for (const view of Object.keys(TITLES)) {
    show(`#view-${view}`, view === name);
    const link = one(`#nav-${view}`);
    if (link && view === name) link.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }
  document.title = `${TITLES[name]} – Acme Air`;
};

/** Shows the view that the address names; without a session, the sign-in. */
const turn = () => {
  const name = signin.user() ? (asked() in VIEWS ? asked() : "flights") : "signin";
  if (name === "signin" && asked() in VIEWS) wanted = asked();
  const first = shown === "";
  if (name !== shown && !first) hush();
  shown = name;
  mark(name);
  // A screen reader says where they are; the first view takes the focus from nobody.
  if (!first) one(`#${name}-title`).focus();
  VIEWS[name]?.enter(signin.user());
};

/** Nothing of one customer is left for the next. */
const leaveViews = () => Object.values(VIEWS).forEach((view) => view.leave());

const entered = () => {
  const name = wanted || "flights";
  wanted = "";
  history.replaceState(null, "", `#/${name}`);
  turn();
};

const left = () => {
  leaveViews();
  wanted = "";
  history.replaceState(null, "", "#/");
  turn();
  say("You have signed out.");
};

onServed((instance, milliseconds) => {
  one("#served").textContent = `Answered by ${instance}, ${Math.max(1, Math.round(milliseconds))} ms.`;
  show("#served");
});

onSessionLost(() => {
  if (!signin.user()) return;
  signin.forget();
  leaveViews();
  turn();
  say("Your session has ended. Please sign in again.", { error: true });
});

sessionStorage.removeItem("acmeair.loaded-again"); // start.js: every part of the page has come
Object.values(VIEWS).forEach((view) => view.start());
signin.start(entered, left);
addEventListener("hashchange", () => {
  if (location.hash !== "#main") turn(); // which is where "Skip to content" leads: within the view
});
fetched(async () => {
  try {
    await signin.recall();
  } finally {
    show("#waiting", false);
    turn(); // without an answer the sign-in is shown, and what is the matter above it
  }
});
