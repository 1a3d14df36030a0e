// A token behind # in the address: taken out of it at once, so that it stays in no history, and sent as the form would.

export function startSignIn() {
  const form = document.getElementById("sign-in");
  const token = location.hash.slice(1);
  if (!form || !token) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (document.getElementById("problem")) return;
  form.elements.token.value = decodeURIComponent(token);
  form.requestSubmit();
}
