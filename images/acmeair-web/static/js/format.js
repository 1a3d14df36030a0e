// Dates, times and money as people read them. Never here: elements or requests.

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 0 });

export const asDay = (date) => day.format(new Date(date));
export const asClock = (date) => clock.format(new Date(date));
export const asMoney = (amount) => dollars.format(amount);

/** 7 h 05, from two instants. */
export const asDuration = (start, end) => {
  const minutes = Math.round((new Date(end) - new Date(start)) / 60000);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
};

/** How many midnights lie between two instants. */
export const daysLater = (start, end) => Math.floor(new Date(end) / 86400000) - Math.floor(new Date(start) / 86400000);

/** The date `days` from today where the reader is, as an input of type date takes it. */
export const inDays = (days) => {
  const now = new Date();
  return new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate() + days)).toISOString().slice(0, 10);
};
