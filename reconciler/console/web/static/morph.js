// Makes an element's content what new HTML says, changing only what differs: focus, selection, open details, what is
// typed into forms, and scrolling stay as they are. Children are matched by id or data-key, else by place and kind.

// Texts that the script keeps itself; a new page says nothing of them.
const KEPT = "[data-beat], [data-oldest], time[datetime]";
// Attributes that belong to whoever uses the page. A field's value is what it began with: the browser itself shows
// another one only where nobody has typed.
const PERSONS = { DETAILS: ["open"], DIALOG: ["open"], OPTION: ["selected"] };

export function morph(element, html) {
  const wanted = document.createElement("template");
  wanted.innerHTML = html;
  const focused = document.activeElement;
  const chosen = element.contains(focused) ? selection(focused) : null;
  children(element, wanted.content);
  // An element that had to be moved has lost it.
  if (chosen && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
    if (chosen.start !== null) focused.setSelectionRange(chosen.start, chosen.end);
  }
}

function children(present, wanted) {
  const byKey = new Map();
  for (const child of present.children) if (keyOf(child)) byKey.set(keyOf(child), child);
  const wantedKeys = new Set([...wanted.children].map(keyOf));
  const placed = new Set();
  // The first of those that are still to be matched, moved, or taken away.
  let next = present.firstChild;
  for (const goal of [...wanted.childNodes]) {
    next = withoutLost(next, goal, wantedKeys);
    const found = keyOf(goal) ? taken(byKey, keyOf(goal)) : byPlace(next, goal);
    const node = alike(found, goal) ? found : goal;
    if (node === next) next = next.nextSibling;
    else present.insertBefore(node, next);
    placed.add(node);
    if (node === found) one(found, goal);
  }
  for (const child of [...present.childNodes]) if (!placed.has(child)) child.remove();
}

// Takes away what nobody will ask for, so that what stands behind it needs no moving.
function withoutLost(next, goal, wantedKeys) {
  while (next && ((isBlank(next) && !isBlank(goal)) || (keyOf(next) && !wantedKeys.has(keyOf(next))))) {
    const lost = next;
    next = next.nextSibling;
    lost.remove();
  }
  return next;
}

function taken(byKey, key) {
  const found = byKey.get(key);
  byKey.delete(key);
  return found;
}

// The next node without a key; those with one are left to whoever asks for it.
function byPlace(next, goal) {
  while (next && (keyOf(next) || (isBlank(next) && !isBlank(goal)))) next = next.nextSibling;
  return next;
}

function selection(element) {
  const texts = element.localName === "textarea" || (element.localName === "input" && element.type === "text");
  return texts ? { start: element.selectionStart, end: element.selectionEnd } : { start: null, end: null };
}

function one(present, goal) {
  if (present.isEqualNode(goal)) return;
  if (present.nodeType !== Node.ELEMENT_NODE) {
    if (present.data !== goal.data) present.data = goal.data;
    return;
  }
  const changed = attributes(present, goal);
  if (present.matches(KEPT) && !(changed && present.localName === "time")) return;
  // What somebody is writing is theirs until they send it.
  if (present.localName === "textarea" || (present.localName === "select" && present === document.activeElement)) return;
  children(present, goal.localName === "template" ? goal.content : goal);
}

// Whether any of them is another one.
function attributes(present, goal) {
  const persons = PERSONS[present.tagName] || [];
  const titled = present.hasAttribute("data-beat-title") && present.dataset.words === goal.dataset.words;
  let changed = false;
  for (const { name, value } of goal.attributes) {
    if (persons.includes(name) || (name === "value" && present === document.activeElement)) continue;
    if (titled && (name === "title" || name === "aria-label")) continue;
    if (present.getAttribute(name) !== value) {
      present.setAttribute(name, value);
      changed = true;
    }
  }
  for (const { name } of [...present.attributes]) {
    if (!goal.hasAttribute(name) && !persons.includes(name) && !(titled && name === "aria-label")) {
      present.removeAttribute(name);
      changed = true;
    }
  }
  return changed;
}

function alike(present, goal) {
  if (!present || present.nodeType !== goal.nodeType) return false;
  return present.nodeType !== Node.ELEMENT_NODE || (present.localName === goal.localName && keyOf(present) === keyOf(goal));
}

// White space between elements: how a template is written, nothing to match by.
function isBlank(node) {
  return Boolean(node) && node.nodeType === Node.TEXT_NODE && !node.data.trim();
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || node.dataset.event || "" : "";
}
