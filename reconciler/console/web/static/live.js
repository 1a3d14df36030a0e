// Keeps an open page as the world is: reads its stream, puts changed regions in, and says so when nothing comes any more.
import { heard, tell } from "./ages.js";
import { morph } from "./morph.js";

const SILENT_MS = 15000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10000;
const FULL_WAIT_MS = 30000;
const AWAY = "The loop does not answer: what you see is old. This page comes back by itself.";

export function startLive() {
  document.addEventListener("submit", keepWhatIsTyped);
  fillTokens(document);
  const page = document.body.dataset.livePage;
  if (page) follow(page);
}

// Sent to a loop that doesn't answer, it would be lost, and the page with it.
function keepWhatIsTyped(event) {
  if (!document.body.classList.contains("away")) return;
  event.preventDefault();
  document.getElementById("away").textContent = `Nothing was sent, and what you typed stays. ${AWAY}`;
}

async function follow(page) {
  let wait = FIRST_WAIT_MS;
  for (;;) {
    await visible();
    const outcome = await listen(page, () => (wait = FIRST_WAIT_MS));
    if (outcome === "sign-in") {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (outcome === "gone") return;
    if (outcome === "hidden") continue;
    if (outcome === "full") {
      state("still", "not live", "Too many pages are open: this one is not live. Close others, or reload it.");
      wait = FULL_WAIT_MS;
    }
    await pause(wait);
    wait = Math.min(wait * 1.7, LONGEST_WAIT_MS);
  }
}

// Until the stream ends: why it did.
async function listen(page, onLive) {
  const stop = new AbortController();
  let timer = 0;
  const awake = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), SILENT_MS);
  };
  const hide = () => document.hidden && stop.abort();
  document.addEventListener("visibilitychange", hide);
  try {
    awake();
    const answer = await fetch(`/live?page=${encodeURIComponent(page)}`, { signal: stop.signal, cache: "no-store" });
    if (answer.status === 401) return "sign-in";
    if (answer.status === 404) return "gone";
    if (answer.status === 503) return "full";
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    await read(answer.body, awake, onLive);
  } catch (error) {
    console.debug("the stream has ended", error);
  } finally {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hide);
  }
  if (document.hidden) return "hidden";
  state("away", "away", AWAY);
  return "away";
}

async function read(body, awake, onLive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    awake();
    text += value;
    const messages = text.split("\n\n");
    text = messages.pop();
    for (const message of messages) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(message);
      if (found && ON[found[1]]) ON[found[1]](JSON.parse(found[2]));
    }
    onLive();
  }
}

const ON = {
  hello({ version }) {
    if (version !== document.querySelector('meta[name="version"]').content) location.reload();
    else state("live", "live", "");
  },
  regions(regions) {
    for (const { id, html } of regions) {
      const place = document.getElementById(id);
      if (!place) continue;
      morph(place, html);
      fillTokens(place);
    }
    tell();
    document.dispatchEvent(new CustomEvent("reconciler:changed"));
  },
  beats: heard,
  trouble({ text, gone }) {
    if (!text) state("live", "live", "");
    else state("still", "not live", gone ? `${text} This is no longer there.` : `What you see is old: ${text}`);
  },
};

// Live regions are the same for all sessions, so their forms come without a token.
function fillTokens(within) {
  const token = document.querySelector('meta[name="form-token"]').content;
  for (const field of within.querySelectorAll('input[name="form_token"]')) field.value = token;
}

function state(name, word, text) {
  const mark = document.getElementById("live-state");
  const banner = document.getElementById("away");
  document.body.classList.toggle("away", name === "away");
  if (mark && mark.dataset.state !== name) {
    mark.dataset.state = name;
    const glyph = document.createElement("span");
    glyph.className = "glyph";
    glyph.setAttribute("aria-hidden", "true");
    glyph.textContent = name === "live" ? "●" : "◌";
    mark.replaceChildren(glyph, word);
  }
  if (!text || !banner.textContent.endsWith(text)) banner.textContent = text;
  banner.hidden = !text;
}

// A browser has few connections to one place: a page that nobody sees leaves its own to others.
function visible() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds * (0.8 + Math.random() * 0.4));
  });
}
