// What makes the long forms handier; without it they work all the same.

// A problem leads to its line in the editor.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const area = document.getElementById("field-text");
  if (!link || !area) return;
  event.preventDefault();
  const lines = area.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length) - 1;
  const start = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
  const at = start + Math.min(Number(link.dataset.column) - 1, lines[line].length);
  area.focus();
  area.setSelectionRange(at, start + lines[line].length);
  const height = parseFloat(getComputedStyle(area).lineHeight) || 20;
  area.scrollTop = Math.max(0, (line - 3) * height);
});

// The last row of variables has something in it: one more appears.
document.addEventListener("input", (event) => {
  const rows = event.target.closest("[data-rows]");
  const row = event.target.closest(".row");
  if (!rows || row !== rows.lastElementChild || !event.target.value) return;
  const number = rows.children.length;
  const copy = row.cloneNode(true);
  copy.classList.remove("field-bad");
  for (const problem of copy.querySelectorAll(".problem")) problem.remove();
  for (const element of copy.querySelectorAll("[name], [id], [for]")) {
    for (const key of ["name", "id", "for"]) {
      const value = element.getAttribute(key);
      if (value) element.setAttribute(key, value.replace(/\d+$/, String(number)));
    }
  }
  for (const label of copy.querySelectorAll("label")) label.textContent = label.textContent.replace(/\d+$/, String(number + 1));
  for (const input of copy.querySelectorAll("input")) input.value = "";
  rows.append(copy);
});
