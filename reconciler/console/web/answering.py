"""A view or an action asked for by a browser: checked, run off the event loop, its errors turned into pages.

Before: app, which routes by the tables of views and actions. After: views, actions. A GET never reaches an action.
"""

import logging
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reconciler.api.http.threads import off_loop
from reconciler.console.web.failures import failure_page, refused, unknown_page
from reconciler.console.web.frame import Frame, fields_of, last_values, own_address, to
from reconciler.console.web.page import Action, NotThereError, Page, Redirect, Scene, View
from reconciler.console.web.session import Session, same
from reconciler.errors import ReconcilerError

_LOG = logging.getLogger(__name__)
_FORM_BYTES = 4 * 1024 * 1024


class Answerer:
    """What answers at one path: a view to GET, an action to POST, each where there is one."""

    def __init__(self, frame: Frame, view: View | None, action: Action | None) -> None:
        self._frame = frame
        self._view = view
        self._action = action

    @property
    def methods(self) -> list[str]:
        """HTTP's; the router answers 405 to all others."""
        return [*(["GET", "HEAD"] if self._view else []), *(["POST"] if self._action else [])]

    async def __call__(self, request: Request) -> Response:
        session = self._frame.session_of(request)
        if session is None:
            return to_sign_in(request)
        if request.method == "POST":
            return await self._act(request, session)
        scene = self._scene(request, {})
        return await off_loop(self._look, request, session, scene)

    def _look(self, request: Request, session: Session, scene: Scene) -> Response:
        assert self._view is not None
        page = shielded(self._view, scene)
        assert isinstance(page, Page)
        return self._frame.answer(request, page, session, live=True)

    async def _act(self, request: Request, session: Session) -> Response:
        fields = await fields_of(request, _FORM_BYTES)
        if not same(fields.pop("form_token", ""), session.form_token):
            return self._frame.answer(request, refused("form"), session)
        if self._frame.services.read_only:
            return self._frame.answer(request, refused("read-only"), session)
        scene = self._scene(request, fields)
        return await off_loop(self._do, request, session, scene)

    def _do(self, request: Request, session: Session, scene: Scene) -> Response:
        assert self._action is not None
        outcome = shielded(self._action, scene)
        return to(outcome) if isinstance(outcome, Redirect) else self._frame.answer(request, outcome, session)

    def _scene(self, request: Request, form: dict[str, str]) -> Scene:
        return Scene(
            services=self._frame.services,
            samples=self._frame.samples,
            now=self._frame.clock(),
            params={key: str(value) for key, value in request.path_params.items()},
            query=last_values(request.query_params),
            form=form,
        )


def shielded(work: Callable[[Scene], Page | Redirect], scene: Scene) -> Page | Redirect:
    """What a view or an action gives back, or the page that says why it gives nothing."""
    try:
        return work(scene)
    except NotThereError as error:
        return unknown_page(str(error))
    except ReconcilerError as error:
        return failure_page(error)
    except Exception:  # noqa: BLE001  # a page's fault is the page's, never the server's
        _LOG.exception("a page of the console failed")
        return failure_page(None)


def to_sign_in(request: Request) -> Response:
    """To the sign-in, and back to what was asked for, where that can be asked for again."""
    wanted = own_address(request) if request.method in {"GET", "HEAD"} else "/"
    suffix = "" if wanted == "/" else f"?next={quote(wanted, safe='')}"
    return RedirectResponse(f"/sign-in{suffix}", status_code=303)
