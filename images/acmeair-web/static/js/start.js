// Fetches again what of the page got lost on the way. A plain script, so that it is there before the modules.
//
// A browser that sees this machine's networks change breaks off what it is fetching, and each container that starts or
// ends changes them. A lost request to the API is sent again by api.js. A lost style sheet is asked for again here; with a
// lost module nothing of the page runs yet (main.js shows the first view), so the whole page is loaded again.

(() => {
  const KEY = "acmeair.loaded-again"; // main.js forgets it, once it runs
  const MOST = 5;
  const loadedAgain = Number(sessionStorage.getItem(KEY) ?? 0);
  let styledAgain = 0;

  const restyle = (link) => {
    if (styledAgain >= MOST) return;
    styledAgain += 1;
    setTimeout(() => link.replaceWith(link.cloneNode()), 200 * styledAgain);
  };

  const reload = () => {
    if (loadedAgain >= MOST) return;
    sessionStorage.setItem(KEY, String(loadedAgain + 1));
    setTimeout(() => location.reload(), 300 * (loadedAgain + 1));
  };

  addEventListener(
    "error",
    ({ target }) => {
      // A module's preloading may fail without harm: the module itself is asked for later. A fault of the code's own
      // comes from the window, and would come again.
      if (target instanceof HTMLScriptElement) reload();
      else if (target instanceof HTMLLinkElement && target.rel === "stylesheet") restyle(target);
    },
    true,
  );
})();
