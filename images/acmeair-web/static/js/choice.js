// The flights that were found, and which of them are chosen.
//
// Before: flights. After: the form #results, one radio button a flight. Never here: requests.

import { asClock, asDay, asDuration, asMoney, daysLater } from "./format.js";
import { copy, one, show } from "./page.js";

let legs = []; // the flights of each leg, as offered

/** Shows what was found for the search `fields`; `city` names an airport's. */
export const offer = (found, fields, city) => {
  legs = found;
  const days = [fields.fromDate, fields.returnDate];
  const ends = [city(fields.fromAirport), city(fields.toAirport)];
  leg("out", legs[0], `${ends[0]} to ${ends[1]}`, days[0]);
  show("#back", legs.length > 1);
  if (legs.length > 1) leg("back", legs[1], `${ends[1]} to ${ends[0]}`, days[1]);
  show("#results");
  show(".summary", legs.every((flights) => flights.length));
  summarize();
};

const leg = (id, flights, title, day) => {
  const legend = one(`#${id} legend`);
  const when = document.createElement("small");
  when.textContent = ` ${asDay(day)}, times in UTC`;
  legend.replaceChildren(title, when);
  const none = document.createElement("p");
  none.className = "none";
  none.textContent = "No flight on this day. Try another one.";
  one(`#${id} .flights`).replaceChildren(...(flights.length ? flights.map((flight, at) => row(id, flight, at)) : [none]));
};

const row = (id, flight, at) => {
  const made = copy("flight-template");
  const input = one("input", made);
  input.name = id;
  input.value = String(at);
  input.addEventListener("change", summarize);
  one(".from", made).textContent = asClock(flight.departs);
  one(".to", made).append(asClock(flight.arrives), ...later(daysLater(flight.departs, flight.arrives)));
  one(".facts", made).textContent = `${flight.name}, ${asDuration(flight.departs, flight.arrives)}`;
  one(".price", made).textContent = asMoney(flight.price);
  return made;
};

/** A small "+1" behind a time of the next day. */
const later = (days) => {
  if (days === 0) return [];
  const mark = document.createElement("sup");
  mark.textContent = `+${days}`;
  mark.title = "the next day";
  return [mark];
};

const picked = (id, flights) => {
  const input = one(`#${id} input:checked`);
  return flights && input ? flights[Number(input.value)] : null;
};

/** The chosen flight of each leg, null where none is. */
export const chosen = () => ({ out: picked("out", legs[0]), back: picked("back", legs[1]) });

const summarize = () => {
  const { out, back } = chosen();
  const lacking = [!out && "a flight there", legs.length > 1 && !back && "a flight back"].filter(Boolean);
  const names = [out, back].filter(Boolean).map(({ name, departs }) => `${name} at ${asClock(departs)}`).join(" and ");
  const total = (out?.price ?? 0) + (back?.price ?? 0);
  one("#summary").textContent = lacking.length ? `Choose ${lacking.join(" and ")}.` : `${names}: ${asMoney(total)}, economy`;
};

export const clear = () => {
  legs = [];
  for (const id of ["out", "back"]) one(`#${id} .flights`).replaceChildren();
  show("#results", false);
};
