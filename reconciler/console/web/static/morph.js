// Makes an element's content what new HTML says, changing only what differs: focus, selection, open details, what is
// typed into forms, and scrolling stay as they are. Children are matched by id or data-key, else by place and kind.

// Texts that the script keeps itself; a new page says nothing of them.
const KEPT = "[data-beat], time[datetime]";
// Attributes that belong to whoever uses the page.
const PERSONS = { DETAILS: ["open"], DIALOG: ["open"], INPUT: ["value", "checked"], OPTION: ["selected"] };

export function morph(element, html) {
  const wanted = document.createElement("template");
  wanted.innerHTML = html;
  children(element, wanted.content);
}

function children(present, wanted) {
  const byKey = new Map();
  for (const child of present.children) if (keyOf(child)) byKey.set(keyOf(child), child);
  const wantedKeys = new Set([...wanted.children].map(keyOf).filter(Boolean));
  let next = present.firstChild;
  for (const goal of [...wanted.childNodes]) {
    const key = keyOf(goal);
    while (isBlank(next) && !isBlank(goal)) next = dropped(next);
    while (next && !key && keyOf(next)) next = wantedKeys.has(keyOf(next)) ? next.nextSibling : dropped(next);
    const found = key ? byKey.get(key) : alike(next, goal) ? next : null;
    if (!found || !alike(found, goal)) {
      present.insertBefore(goal, next);
      continue;
    }
    if (found === next) next = next.nextSibling;
    else present.insertBefore(found, next);
    one(found, goal);
  }
  while (next) next = dropped(next);
}

// Takes a node away and says which one stood behind it.
function dropped(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}

function one(present, goal) {
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
    if (persons.includes(name) && !(name === "value" && isHidden(goal))) continue;
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

function isHidden(input) {
  return input.localName === "input" && input.type === "hidden" && input.name !== "form_token";
}
