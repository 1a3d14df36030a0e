"""The console as one ASGI application: its paths, and what answers at each.

Before: whoever serves it, behind the guard that checks Host, Origin and sizes. After: answering (views and actions),
signing_in, live. Never here: what a page shows, or a change of anything.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from jinja2 import BaseLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from reconciler.api.http.threads import off_loop
from reconciler.api.http.token import Attempts
from reconciler.api.services import Services
from reconciler.console.web.actions import ACTIONS
from reconciler.console.web.answering import Answerer, shielded, to_sign_in
from reconciler.console.web.failures import error_page, failure_page
from reconciler.console.web.finding import find
from reconciler.console.web.frame import Frame, last_values, to
from reconciler.console.web.hub import Hub
from reconciler.console.web.live import LiveStreams
from reconciler.console.web.page import Action, Redirect, Scene, View
from reconciler.console.web.rendering import FOLDER, Renderer
from reconciler.console.web.samples import Samples
from reconciler.console.web.session import Sessions, same
from reconciler.console.web.signing_in import Admit, Door
from reconciler.console.web.static_files import StaticFile, read_static, version_of
from reconciler.console.web.views import VIEWS

_HTTP_WORDS = {
    400: ("That request can't be read", "The form was not what this console sends."),
    404: ("Not there", "There is nothing at this address."),
    413: ("That is too long", "The form was longer than any of this console."),
    405: ("Not by this way", "This address takes a form of the console and nothing else."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a console is made of; tests put their own in. `templates` are looked for after the console's."""

    views: Mapping[str, View] = field(default_factory=lambda: VIEWS)
    actions: Mapping[str, Action] = field(default_factory=lambda: ACTIONS)
    templates: BaseLoader | None = None
    clock: Callable[[], float] = time.time


class ConsoleApp:
    """ASGI. `close` ends the live streams, so that their server can end."""

    def __init__(self, app: Starlette, hub: Hub) -> None:
        self._app = app
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def close(self) -> None:
        """May be called from any thread, more than once."""
        self.hub.close()


def console_app(
    services: Services,
    samples: Samples,
    *,
    env: str,
    domain: str,
    port: int,
    token: Callable[[], str],
    parts: Parts | None = None,
) -> ConsoleApp:
    """The console of one environment. `token` tells the present token."""
    parts = parts or Parts()
    static = read_static()
    version = version_of(static, FOLDER, metadata.version("reconciler"))
    values = {"env": env, "domain": domain, "read_only": services.read_only, "version": version}
    frame = Frame(
        services=services,
        samples=samples,
        sessions=Sessions(env=env, port=port, token=token, clock=parts.clock),
        renderer=Renderer(values, static, parts.templates),
        clock=parts.clock,
        version=version,
    )
    hub = Hub(frame, parts.views)
    door = Door(frame, _admission(token))
    routes = [
        Route("/static/{name}", _static_answer(static), methods=["GET"]),
        Route("/sign-in", door.show, methods=["GET"]),
        Route("/sign-in", door.enter, methods=["POST"]),
        Route("/sign-out", door.leave, methods=["POST"]),
        Route("/find", _finder(frame), methods=["GET"]),
        Route("/live", LiveStreams(frame, hub).answer, methods=["GET"]),
        *_tables(frame, parts.views, parts.actions),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: _refusal(frame), Exception: _fault(frame)}
    return ConsoleApp(Starlette(routes=routes, exception_handlers=handlers), hub)


def _admission(token: Callable[[], str]) -> Admit:
    """The right token is always let in; whoever tries wrong ones has to wait."""
    attempts = Attempts()

    def admit(given: str) -> float | None:
        return None if same(given, token()) else attempts.refuse_for(time.monotonic()) or 0.0

    return admit


def _tables(frame: Frame, views: Mapping[str, View], actions: Mapping[str, Action]) -> list[Route]:
    paths = dict.fromkeys([*views, *actions])
    answerers = {path: Answerer(frame, views.get(path), actions.get(path)) for path in paths}
    # A route that is given an object takes it for an ASGI application; one that is given a function passes a request.
    return [Route(path, answerer.__call__, methods=answerer.methods) for path, answerer in answerers.items()]


def _static_answer(static: Mapping[str, StaticFile]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        file = static.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        fresh = request.query_params.get("v") == file.digest
        tag = f'"{file.digest}"'
        headers = {"Cache-Control": "public, max-age=31536000, immutable" if fresh else "no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return answer


def _finder(frame: Frame) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        session = frame.session_of(request)
        if session is None:
            return to_sign_in(request)
        query = last_values(request.query_params)
        scene = Scene(services=frame.services, samples=frame.samples, now=frame.clock(), query=query)
        outcome = await off_loop(shielded, find, scene)
        return to(outcome) if isinstance(outcome, Redirect) else await off_loop(frame.answer, request, outcome, session)

    return answer


def _fault(frame: Frame) -> Callable[[Request, Exception], Any]:
    """What went wrong outside of views and actions; the server writes it to the log."""

    async def answer(request: Request, _: Exception) -> Response:
        return frame.answer(request, failure_page(None), None)

    return answer


def _refusal(frame: Frame) -> Callable[[Request, HTTPException], Any]:
    async def answer(request: Request, error: HTTPException) -> Response:
        session = frame.session_of(request)
        # Who isn't signed in learns of no address whether there is anything.
        if session is None and error.status_code == 404 and not request.url.path.startswith("/static/"):
            return to_sign_in(request)
        title, text = _HTTP_WORDS.get(error.status_code, ("That did not work", str(error.detail)))
        page = error_page(error.status_code, title, text)
        response = await off_loop(frame.answer, request, page, session)
        response.headers.update(error.headers or {})
        return response

    return answer
