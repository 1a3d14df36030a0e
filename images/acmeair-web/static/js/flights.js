// Searching flights, choosing and booking them.
//
// Before: main. After: api, choice (the flights on the screen). A booking's key is made when the button is pressed and
// kept until the site has answered for good: however often it is tried, it is one booking.

import { airports, book, flights, newKey } from "./api.js";
import * as choice from "./choice.js";
import { asDay, inDays } from "./format.js";
import { fetched, once, one, show } from "./page.js";

const form = one("#search");
const { from, to, depart, return: back, "one-way": oneWay } = form.elements;
let known = null; // airports by code
let user = null;
let pending = null; // {chosen, key} of a booking whose outcome isn't known yet

const option = (airport) => new Option(`${airport.city} (${airport.code})`, airport.code);

/** Only where one can fly to is offered; what was chosen stays if it can. */
const offer = () => {
  const before = to.value;
  const there = known.get(from.value).to.map((code) => known.get(code)).filter(Boolean);
  to.replaceChildren(...there.map(option));
  if (there.some((airport) => airport.code === before)) to.value = before;
};

const fill = (found) => {
  known = new Map(found.airports.map((airport) => [airport.code, airport]));
  from.replaceChildren(...found.airports.filter((airport) => airport.to.length).map(option));
  offer();
  for (const day of [depart, back]) Object.assign(day, { min: found.firstDate, max: found.lastDate });
  const within = (day) => (day > found.lastDate ? found.lastDate : day < found.firstDate ? found.firstDate : day);
  depart.value ||= within(inDays(1));
  back.value ||= within(inDays(4));
};

const noEarlierBack = () => {
  back.min = depart.value || depart.min;
  if (back.value && back.value < back.min) back.value = back.min;
};

const search = async () => {
  drop();
  const fields = { fromAirport: from.value, toAirport: to.value, fromDate: depart.value, oneWay: String(oneWay.checked) };
  if (!oneWay.checked) fields.returnDate = back.value;
  choice.offer(await flights(fields), fields, (code) => known.get(code).city);
  one("#results").scrollIntoView({ block: "nearest" });
};

/** Books what is chosen; tried again after an unclear end it goes under the same key. */
const bookChosen = async () => {
  const chosen = choice.chosen();
  if (pending?.chosen.out !== chosen.out || pending?.chosen.back !== chosen.back) pending = { chosen, key: newKey() };
  try {
    const numbers = await book(user, chosen.out, chosen.back, pending.key);
    pending = null;
    choice.clear();
    told([chosen.out, chosen.back], numbers);
  } catch (error) {
    if (!error.passing) pending = null;
    throw error;
  }
};

const told = (legs, numbers) => {
  const items = numbers.map((number, at) => {
    const item = document.createElement("li");
    const { name, from: start, to: end, departs } = legs[at];
    item.dataset.number = number;
    item.textContent = `${name}, ${start} to ${end}, ${asDay(departs)}. `;
    item.append(Object.assign(document.createElement("span"), { className: "number", textContent: `Booking ${number}` }));
    return item;
  });
  one("#booked-numbers").replaceChildren(...items);
  show("#booked");
  one("#booked-title").focus();
};

const drop = () => {
  pending = null;
  choice.clear();
  show("#booked", false);
};

export const enter = (who) => {
  user = who;
  show("#booked", false);
  if (!known) fetched(async () => fill(await airports()));
};

export const leave = () => {
  drop();
  user = null;
};

export const start = () => {
  from.addEventListener("change", offer);
  depart.addEventListener("change", noEarlierBack);
  oneWay.addEventListener("change", () => { back.disabled = oneWay.checked; });
  one("#swap").addEventListener("click", () => {
    const [here, there] = [from.value, to.value];
    from.value = there;
    if (from.value !== there) from.value = here; // nothing leaves from there
    offer();
    to.value = here;
    if (to.selectedIndex < 0) to.selectedIndex = 0;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(one("#search-go"), search);
  });
  one("#results").addEventListener("submit", (event) => {
    event.preventDefault();
    once(one("#book"), bookChosen);
  });
};
