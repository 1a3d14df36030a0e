"""What every request of the console needs, together; and how a page becomes an answer.

Before: app, which makes it. After: answering, signing_in, live. Never here: what a page shows, or who may see it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reconciler.api.services import Services
from reconciler.console.web.failures import failure_page
from reconciler.console.web.page import Page, Redirect
from reconciler.console.web.rendering import Renderer, Setting
from reconciler.console.web.samples import Samples
from reconciler.console.web.session import Session, Sessions, own_path
from reconciler.errors import ReconcilerError

MOST_FIELDS = 1000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One console. `clock` tells Unix seconds; `version` is another one where program or static files are."""

    services: Services
    samples: Samples
    sessions: Sessions
    renderer: Renderer
    clock: Callable[[], float]
    version: str

    def session_of(self, request: Request) -> Session | None:
        """Who asks; None: nobody that has signed in, or the token that would tell can't be read."""
        try:
            return self.sessions.read(request.cookies.get(self.sessions.cookie_name))
        except ReconcilerError as error:
            _LOG.warning("nobody can be signed in to the console: %s", error)
            return None

    def answer(self, request: Request, page: Page, session: Session | None, *, live: bool = False) -> Response:
        """The page as HTML. `live`: it answered a GET, so that its address can be watched."""
        setting = self.setting(request, session)
        if live and page.status == 200 and self.renderer.lives(page):
            setting = replace(setting, live_path=own_address(request))
        try:
            return HTMLResponse(self.renderer.page(page, setting), page.status)
        except Exception:  # noqa: BLE001  # a template's fault is this page's, never the server's
            _LOG.exception("the console's page %s could not be rendered", page.template)
            return HTMLResponse(self.renderer.page(failure_page(None), replace(setting, live_path="")), 500)

    def setting(self, request: Request, session: Session | None) -> Setting:
        """What the frame itself shows around a page."""
        return Setting(
            path=request.url.path,
            now=self.clock(),
            form_token=session.form_token if session else "",
            names=self._names() if session else (),
        )

    def _names(self) -> tuple[str, ...]:
        """The clusters there are, to find them by name; a console whose loop can't tell still shows its pages."""
        try:
            return tuple(cluster.name for cluster in self.services.loop.status().clusters)
        except ReconcilerError:
            return ()


def own_address(request: Request) -> str:
    """Path and query of a request as the browser sent them: a `?` that belongs to a name stays written as %3F."""
    path = request.scope.get("raw_path", b"").decode("latin-1") or quote(request.scope["path"])
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def to(redirect: Redirect) -> Response:
    """303: what comes next is a GET, also after a POST."""
    return RedirectResponse(own_path(redirect.to), status_code=303)


async def fields_of(request: Request, most_bytes: int) -> dict[str, str]:
    """A form's fields, the last value of each; what isn't a form has none. Raises HTTPException: too long."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most_bytes:
        raise HTTPException(413)
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=most_bytes) as form:
        return last_values(form)


def last_values(pairs: Any) -> dict[str, str]:
    """The last value of each key, of those that are text."""
    return {key: value for key, value in pairs.multi_items() if isinstance(value, str)}
