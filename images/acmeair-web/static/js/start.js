// Loads the page again when a part of it got lost on the way. A plain script, so that it is there before the modules.
//
// A browser that sees this machine's networks change breaks off what it is fetching, and each container that starts or
// ends changes them. A lost request to the API is sent again (api.js); a lost module would leave a page that does nothing.

(() => {
  const KEY = "acmeair.loaded-again"; // main.js forgets it, once it runs
  const MOST = 5;
  const again = Number(sessionStorage.getItem(KEY) ?? 0);

  addEventListener(
    "error",
    (event) => {
      // An error of the code's own comes from the window and would come again.
      if (!(event.target instanceof HTMLElement) || again >= MOST) return;
      sessionStorage.setItem(KEY, String(again + 1));
      setTimeout(() => location.reload(), 300 * (again + 1));
    },
    true,
  );
})();
