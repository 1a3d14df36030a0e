// Which scheme was chosen, before anything is painted. The choice stays in this browser.
(function () {
  "use strict";
  try {
    const chosen = localStorage.getItem("reconciler-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (refused) {
    // Without storage the system's scheme is used.
    console.debug("no storage", refused);
  }
})();
