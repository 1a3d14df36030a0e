// Moments as ages ("12 s ago", "in 3 min"), and the ages of heartbeats as the stream tells them.

// Dots of those whose silence would be news.
const BEATING = "[data-beat-title]:not([data-verdict=dead], [data-verdict=stopping])";

let beats = {};
let beatsAt = 0;

export function startAges() {
  setInterval(tell, 1000);
  tell();
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, (event) => title(event.target));
}

// Called with what the stream says: {short container id: seconds}.
export function heard(ages) {
  beats = ages;
  beatsAt = performance.now();
  tellBeats();
}

export function tell() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    const seconds = (at - now) / 1000;
    if (time.hasAttribute("data-until")) put(time, seconds > 0 ? `in ${words(seconds)}` : "now");
    else if (time.hasAttribute("data-for")) put(time, words(Math.max(0, -seconds)));
    else if (time.hasAttribute("data-ago")) put(time, seconds > -1 ? "just now" : `${words(-seconds)} ago`);
    else put(time, clock(new Date(at), new Date(now)));
  }
}

function tellBeats() {
  for (const place of document.querySelectorAll("[data-beat]")) {
    const age = beats[place.dataset.beat];
    put(place, age === undefined ? "–" : words(age));
  }
  for (const place of document.querySelectorAll("[data-oldest]")) {
    const ages = [...place.parentElement.parentElement.querySelectorAll(BEATING)].map((dot) => beats[dot.dataset.beatTitle]);
    const known = ages.filter((age) => age !== undefined);
    put(place, known.length ? words(Math.max(...known)) : "");
  }
}

function title(target) {
  const place = target instanceof Element && target.closest("[data-beat-title]");
  if (!place || !place.dataset.words) return;
  const age = beats[place.dataset.beatTitle];
  const late = age === undefined ? "" : `, heartbeat ${words(age + (performance.now() - beatsAt) / 1000)} ago`;
  place.title = place.dataset.words + late;
  place.setAttribute("aria-label", place.title);
}

// The time of day where the reader is; the day too, if it is another one.
function clock(at, now) {
  const time = at.toLocaleTimeString("en-GB");
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString("en-CA")} ${time}`;
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function words(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`.replace(".0 s", " s");
  for (const [unit, length, small, part] of [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]]) {
    if (seconds < length) continue;
    const rest = Math.floor((seconds % length) / part);
    return `${Math.floor(seconds / length)} ${unit}${rest ? ` ${rest} ${small}` : ""}`;
  }
  return `${Math.round(seconds)} s`;
}
