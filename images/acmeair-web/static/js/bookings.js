// The customer's bookings: seen and cancelled. Before: main. After: api. Never here: making one (flights).

import { bookings, cancel } from "./api.js";
import { asClock, asDay, asMoney } from "./format.js";
import { copy, fetched, once, one, say, show } from "./page.js";

let user = null;

const row = ({ number, bookedAt, flight }) => {
  const made = copy("booking-template");
  const what = `${flight.name}, ${flight.from} to ${flight.to}`;
  const when = `${asDay(flight.departs)}, ${asClock(flight.departs)} – ${asClock(flight.arrives)}`;
  made.dataset.number = number;
  one("h2", made).textContent = what;
  one(".facts", made).textContent = `${when}, ${asMoney(flight.price)}`;
  one(".number", made).textContent = `Booking ${number}, made ${asDay(bookedAt)}`;
  const button = one("button", made);
  button.setAttribute("aria-label", `Cancel ${what}, ${asDay(flight.departs)}`);
  button.addEventListener("click", async () => {
    if (await confirmed(`${what}, ${when}`)) once(button, () => drop(number, what));
  });
  return made;
};

/** Asks, and is true when the answer is to cancel. */
const confirmed = (what) => {
  const dialog = one("#cancel-dialog");
  one("#cancel-what").textContent = what;
  dialog.returnValue = "keep";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "cancel"), { once: true });
  });
};

const drop = async (number, what) => {
  await cancel(user, number);
  await list();
  say(`Cancelled: ${what}.`);
  one("#bookings-title").focus();
};

const list = async () => {
  const place = one("#bookings");
  place.setAttribute("aria-busy", "true");
  try {
    const found = await bookings(user);
    place.replaceChildren(...found.map(row));
    show("#bookings-none", found.length === 0);
  } finally {
    place.removeAttribute("aria-busy");
  }
};

export const enter = (who) => {
  user = who;
  fetched(list);
};

export const leave = () => {
  user = null;
  one("#bookings").replaceChildren();
  show("#bookings-none", false);
};

export const start = () => {};
