// The customer's own record: seen and changed. Before: main. After: api. Never here: another customer's.

import { customer, saveCustomer } from "./api.js";
import { fetched, once, one, say, show } from "./page.js";

const form = one("#account");
const ADDRESS = ["streetAddress1", "streetAddress2", "city", "stateProvince", "country", "postalCode"];
let user = null;

const fill = (record) => {
  form.elements.phoneNumber.value = record.phoneNumber;
  form.elements.phoneNumberType.value = record.phoneNumberType;
  for (const name of ADDRESS) form.elements[name].value = record.address[name] ?? "";
  const facts = { "E-mail": record.id, Status: record.status, Miles: record.total_miles, "Miles this year": record.miles_ytd };
  one("#standing").replaceChildren(...Object.entries(facts).map(fact));
};

const fact = ([term, value]) => {
  const row = document.createElement("div");
  row.appendChild(document.createElement("dt")).textContent = term;
  row.appendChild(document.createElement("dd")).textContent = typeof value === "number" ? value.toLocaleString("en-GB") : value;
  return row;
};

const changed = () => {
  const { password, phoneNumber, phoneNumberType, ...address } = Object.fromEntries(new FormData(form));
  return { password, phoneNumber, phoneNumberType, address };
};

export const enter = (who) => {
  show("#account", who === user);
  user = who;
  fetched(async () => {
    fill(await customer(who));
    show("#account");
  });
};

export const leave = () => {
  user = null;
  form.reset();
  one("#standing").replaceChildren();
};

export const start = () => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(one("#save"), async () => {
      fill(await saveCustomer(user, changed()));
      form.elements.password.value = "";
      say("Saved.");
    });
  });
};
