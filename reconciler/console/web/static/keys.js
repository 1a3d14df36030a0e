// Keys for those who know them: all that they do, links and buttons do as well.

const PLACES = { e: "/", v: "/events", t: "/tasks", x: "/chaos", n: "/names", c: "/new" };
const PATIENCE_MS = 1500;

export function startKeys() {
  const sheet = document.getElementById("keys");
  const button = document.getElementById("keys-button");
  if (!sheet || !button) return;
  let leaderAt = -Infinity;
  button.hidden = false;
  button.addEventListener("click", () => sheet.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || sheet.open) return;
    const afterLeader = event.timeStamp - leaderAt < PATIENCE_MS;
    leaderAt = -Infinity;
    if (afterLeader && PLACES[event.key]) location.assign(PLACES[event.key]);
    else if (event.key === "g") leaderAt = event.timeStamp;
    else if (event.key === "?") sheet.showModal();
    else if (event.key === "/") document.getElementById("find").focus();
    else return;
    event.preventDefault();
  });
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}
