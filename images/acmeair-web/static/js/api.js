// The site's REST API as functions: what is sent, what comes back, and which answers are worth a second try.
//
// Before: the views. After: /rest/api (docs/reference/acmeair.md). Never here: elements.
// Each request here may be sent twice and does the same: a booking has its key, what is cancelled stays so. So each is
// sent again by itself when nobody answered or the answer was a 503.

import { SiteError, unreachable } from "./errors.js";

const PATIENCE_MS = 8000;
const PAUSES_MS = [400, 1200]; // before the second and the third try

const listeners = { served: () => {}, lost: () => {} };

/** Who answered and how fast, told after each answer that says so. */
export const onServed = (listener) => { listeners.served = listener; };

/** Called when the site no longer knows the session. */
export const onSessionLost = (listener) => { listeners.lost = listener; };

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const attempt = async (path, options) => {
  const started = performance.now();
  let answer;
  let text;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(`/rest/api${path}`, { ...options, signal, credentials: "same-origin", cache: "no-store" });
    text = await answer.text();
  } catch {
    throw unreachable();
  }
  const instance = answer.headers.get("x-instance");
  if (instance) listeners.served(instance, performance.now() - started);
  if (!answer.ok) throw new SiteError(answer.status, text);
  return text;
};

const request = async (path, { fields, key } = {}) => {
  const options = { headers: {} };
  if (fields) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(fields);
  }
  if (key) options.headers["Idempotency-Key"] = key;
  for (const wait of [...PAUSES_MS, null]) {
    try {
      return await attempt(path, options);
    } catch (error) {
      if (error.sessionLost) listeners.lost();
      if (!error.passing || wait === null) throw error;
      await pause(wait);
    }
  }
};

const json = async (path, options) => JSON.parse(await request(path, options));
const named = encodeURIComponent;

/** A key for one action of the user's; it goes along with every try. */
export const newKey = () => {
  // randomUUID is there on https and localhost only, and this page may be reached by an address.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const signIn = (login, password) => request("/login", { fields: { login, password } });
export const signOut = () => request("/login/logout");

/** Whose session this browser has, null without one. */
export const whose = async () => {
  try {
    return (await json("/login/session")).customerid;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
};

export const airports = () => json("/flights/airports");

/** The legs that were asked for, each a list of flights. */
export const flights = async (fields) => {
  const found = await json("/flights/queryflights", { fields });
  return found.tripFlights.map((leg) => leg.flightsOptions.map(asFlight));
};

/** Numbers of the bookings made; `key` makes sure that they are made once. */
export const book = async (user, out, back, key) => {
  const way = { toFlightId: out.id, toFlightSegId: out.segment };
  const home = back ? { retFlightId: back.id, retFlightSegId: back.segment } : {};
  const fields = { userid: user, ...way, ...home, oneWayFlight: back ? "false" : "true" };
  const made = await json("/bookings/bookflights", { fields, key });
  return [made.departBookingId, made.returnBookingId].filter(Boolean);
};

export const bookings = async (user) => {
  const list = await json(`/bookings/byuser/${named(user)}`);
  return list.map((one) => ({ number: one.pkey.id, bookedAt: one.dateOfBooking, flight: asFlight(one.flight) }));
};

/** Cancels; a booking that is gone already is what was wanted. */
export const cancel = async (user, number) => {
  try {
    await request("/bookings/cancelbooking", { fields: { userid: user, number } });
  } catch (error) {
    if (error.code !== "unknown_booking") throw error;
  }
};

export const customer = (user) => json(`/customer/byid/${named(user)}`);
export const saveCustomer = (user, fields) => json(`/customer/byid/${named(user)}`, { fields });

const asFlight = (told) => ({
  id: told.pkey.id,
  segment: told.pkey.flightSegmentId,
  name: told.flightSegment.flightName,
  from: told.flightSegment.originPort,
  to: told.flightSegment.destPort,
  miles: told.flightSegment.miles,
  departs: told.scheduledDepartureTime,
  arrives: told.scheduledArrivalTime,
  price: told.economyClassBaseCost,
});
