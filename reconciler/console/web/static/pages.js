// A log that is read at its end stays at its end while lines come; whoever has scrolled up is left where they are.

const NEAR_PIXELS = 24;
const atEnd = new Map();

for (const log of document.querySelectorAll("[data-follow]")) toEnd(log);

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (!(target instanceof Element) || !target.matches("[data-follow]")) return;
    atEnd.set(target.dataset.key, target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_PIXELS);
  },
  true,
);

document.addEventListener("reconciler:changed", () => {
  for (const log of document.querySelectorAll("[data-follow]")) {
    if (atEnd.get(log.dataset.key) !== false) toEnd(log);
  }
});

function toEnd(log) {
  log.scrollTop = log.scrollHeight;
}
