// Signing in and out, and who is signed in.
//
// Before: main. After: api. The session is the cookie that the site sets and this page can't read; the site says whose
// it is. Never here: a password, once it was sent.

import { signIn, signOut, whose } from "./api.js";
import { once, one, show } from "./page.js";

let name = null;

export const user = () => name;

const become = (who) => {
  name = who;
  one("#user").textContent = who ?? "";
  show("#nav", Boolean(who));
  show("#who", Boolean(who));
};

export const forget = () => become(null);

/** Asks the site whose session this browser has. */
export const recall = async () => become(await whose());

/** Wires the form and the button; `entered` and `left` are called after signing in and out. */
export const start = (entered, left) => {
  one("#signin").addEventListener("submit", (event) => {
    event.preventDefault();
    once(one("#sign-in"), async () => {
      await signIn(one("#login").value.trim(), one("#password").value);
      await recall();
      entered();
    });
  });
  one("#sign-out").addEventListener("click", () => {
    once(one("#sign-out"), async () => {
      await signOut();
      forget();
      left();
    });
  });
};
