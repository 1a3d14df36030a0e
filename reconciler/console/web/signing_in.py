"""The door: a form for the token, and the way out.

Before: app. After: session. The token comes in the body of a POST only; `#token` in the address never leaves the
browser, and the script takes it out of the address at once.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reconciler.console.web.failures import error_page, refused
from reconciler.console.web.frame import Frame, fields_of
from reconciler.console.web.page import Page
from reconciler.console.web.session import LIFETIME_SECONDS, own_path, same
from reconciler.errors import ReconcilerError

# Whoever knows nothing may send no more than this: it is read before anything is known of him.
_FORM_BYTES = 16 * 1024

Admit = Callable[[str], float | None]
"""Whether a token is the one: None it is, 0 it isn't; more: too many wrong ones came, ask again in so many seconds."""


class Door:
    """Sign-in and sign-out of one console."""

    def __init__(self, frame: Frame, admit: Admit) -> None:
        self._frame = frame
        self._admit = admit

    async def show(self, request: Request) -> Response:
        """The form; whoever is signed in is led on."""
        if self._frame.session_of(request) is not None:
            return RedirectResponse(own_path(request.query_params.get("next", "/")), status_code=303)
        return self._form(request, request.query_params.get("next", "/"))

    async def enter(self, request: Request) -> Response:
        """The token is checked; a session begins."""
        fields = await fields_of(request, _FORM_BYTES)
        wanted = own_path(fields.get("next", "/"))
        try:
            wait_seconds = self._admit(fields.get("token", "").strip())
        except ReconcilerError as error:
            # Not the visitor's mistake: 503, as the API says it.
            page = error_page(503, "Nobody can sign in", str(error), "Then try again.")
            return self._frame.answer(request, page, None)
        if wait_seconds is not None:
            return self._form(request, wanted, wait_seconds)
        answer = RedirectResponse(wanted, status_code=303)
        cookie = self._frame.sessions.open()
        name = self._frame.sessions.cookie_name
        answer.set_cookie(name, cookie, max_age=LIFETIME_SECONDS, path="/", httponly=True, samesite="strict")
        return answer

    async def leave(self, request: Request) -> Response:
        """The session ends, here and in the browser."""
        session = self._frame.session_of(request)
        if session is not None:
            fields = await fields_of(request, _FORM_BYTES)
            if not same(fields.get("form_token", ""), session.form_token):
                return self._frame.answer(request, refused("form"), session)
            self._frame.sessions.end(session)
        answer = RedirectResponse("/sign-in", status_code=303)
        answer.delete_cookie(self._frame.sessions.cookie_name, path="/", httponly=True, samesite="strict")
        return answer

    def _form(self, request: Request, wanted: str, wait_seconds: float | None = None) -> Response:
        problem = ""
        status = 200
        if wait_seconds is not None:
            status = 429 if wait_seconds > 0 else 403
            problem = (
                f"Too many wrong tokens: wait {wait_seconds:.0f} seconds, then try again."
                if wait_seconds > 0
                else "That is not the token. `reconciler console --token` prints it."
            )
        values = {"next": own_path(wanted), "problem": problem}
        answer = self._frame.answer(
            request, Page(template="sign_in.html", title="Sign in", values=values, status=status), None
        )
        if wait_seconds:
            answer.headers["Retry-After"] = str(max(1, round(wait_seconds)))
        return answer
