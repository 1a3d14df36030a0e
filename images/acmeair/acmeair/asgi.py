"""HTTP, the server's side: routes, bounded bodies, one place where every failure becomes JSON.

Before: uvicorn, which speaks the protocol. After: a tier's handlers. A handler returns a Response or raises a
Refusal or a StoreError; anything else is a fault of ours, logged and answered with 500.
"""

import asyncio
import json
import socket
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from acmeair.errors import OutcomeUnknown, Refusal, StoreError, Unavailable, bad, of_store
from acmeair.fields import parse_body
from acmeair.log import Changes, say
from acmeair.metrics import Counts

LARGEST_BODY = 16 * 1024
MOST_SWALLOWED = 1024 * 1024
SHORTEST_SECRET = 16
HEALTH_PATH = "/healthcheck"
# X-Instance: the page shows who answered, and tests and figures count it.
COMMON = (("X-Content-Type-Options", "nosniff"), ("X-Instance", socket.gethostname()))

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Request:
    """What a handler gets; `customer` is whose session it is, once that was asked."""

    method: str
    path: str
    headers: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    customer: str = ""

    def fields(self) -> dict[str, Any]:
        """The body's fields; raises Refusal."""
        return parse_body(self.headers.get("content-type", ""), self.body)

    def cookie(self, name: str) -> str:
        """A cookie's value, "" without it."""
        for part in self.headers.get("cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value.strip('"')
        return ""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def answer(value: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """JSON, never kept by a cache."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    kept = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
    return Response(status, body, (*kept, *headers))


def plain(words: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Text, never kept by a cache."""
    kept = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))
    return Response(200, words.encode(), (*kept, *headers))


def refused(refusal: Refusal) -> Response:
    """A refusal as the client reads it."""
    error = {"error": {"code": refusal.code, "message": refusal.message}}
    return answer(error, status=refusal.status, headers=refusal.headers)


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A path, `{name}` for a part of it, `{name...}` for the rest; and who answers it."""

    method: str
    path: str
    handler: Handler
    guarded: bool = False
    writes: bool = False  # whether something may have been changed when its time runs out


class Application:
    """The ASGI application of a tier; `guard` is asked before every guarded route's handler."""

    def __init__(self, routes: list[Route], *, deadline: float, guard: Callable[[Request], Awaitable[None]]) -> None:
        self._routes = [(tuple(route.path.split("/")[1:]), route) for route in routes]
        self._deadline = deadline
        self._guard = guard
        self._log = Changes("http")  # a database that is away would else be a line for each request
        self.leaving = False
        self.counts = Counts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        assert scope["type"] == "http"
        headers = _headers(scope["headers"])
        request = Request(scope["method"], scope["raw_path"].partition(b"?")[0].decode("latin-1"), headers)
        response = await self._respond(request, receive)
        if request.path != HEALTH_PATH:
            self.counts.note(response.status)
        fixed = [*COMMON]
        if response.status != 304:
            fixed.append(("Content-Length", str(len(response.body))))
        if self.leaving or response.status == 413:  # what wasn't read of a body would be taken for the next request
            fixed.append(("Connection", "close"))
        lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in (*response.headers, *fixed)]
        await send({"type": "http.response.start", "status": response.status, "headers": lines})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})

    async def _respond(self, request: Request, receive: Receive) -> Response:
        # The log names a request by its route: a path may have a session's id in it.
        route = UNROUTED
        try:
            route, request.params = self._find(request)
            request.body = await _whole_body(request, receive)
            async with asyncio.timeout(self._deadline):
                if route.guarded:
                    await self._guard(request)
                return await route.handler(request)
        except Refusal as refusal:
            return refused(refusal)
        except StoreError as error:
            why = _anonymous(str(error), request)
            self._log.say("failed", level="warning", reason=why, method=request.method, path=route.path)
            return refused(of_store(error))
        except TimeoutError:
            self._log.say("deadline", level="warning", method=request.method, path=route.path)
            late = OutcomeUnknown if route.writes else Unavailable
            return refused(of_store(late("deadline")))
        except Exception as error:  # noqa: BLE001 - the outermost place: whatever it is, the client gets an answer
            where = _anonymous("".join(traceback.format_exception(error)[-2:]), request)
            say("http", "fault", level="error", method=request.method, path=route.path, where=where)
            return refused(Refusal(500, "internal", "A fault on our side. It is in the instance's log."))

    def _find(self, request: Request) -> tuple[Route, dict[str, str]]:
        parts = request.path.split("/")[1:]
        method = "GET" if request.method == "HEAD" else request.method
        allowed = set()
        for pattern, route in self._routes:
            params = _match(pattern, parts)
            if params is None:
                continue
            if route.method == method:
                return route, params
            allowed.add(route.method)
        if allowed:
            methods = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
            raise Refusal(405, "wrong_method", f"Here only: {methods}.", (("Allow", methods),))
        raise Refusal(404, "unknown_path", "There is nothing at this path.")


def _headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers; those of the same name joined as HTTP does, so that two keys are no key and no one of them wins."""
    headers: dict[str, str] = {}
    for line in lines:
        name, value = (part.decode("latin-1") for part in line)
        between = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{between}{value}" if name in headers else value
    return headers


async def _nobody(_request: Request) -> Response:
    raise Refusal(404, "unknown_path", "There is nothing at this path.")


UNROUTED = Route("", "-", _nobody)


def _anonymous(text: str, request: Request) -> str:
    """The text, which goes to the log, without those parts of the path that are long enough for a secret."""
    for name, value in request.params.items():
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, f"{{{name}}}")
    return text


def _match(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    """The path's named parts, decoded, None where it is another path."""
    rest = pattern[-1].endswith("...}")
    if len(parts) < len(pattern) if rest else len(parts) != len(pattern):
        return None
    params = {}
    for position, wanted in enumerate(pattern):
        if not wanted.startswith("{"):
            if wanted != parts[position]:
                return None
            continue
        value = "/".join(parts[position:]) if wanted.endswith("...}") else parts[position]
        params[wanted.strip("{.}")] = _decoded(value)
    return params


def _decoded(part: str) -> str:
    try:
        value = unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise bad("bad_path", "The path is no percent-encoded UTF-8.") from error
    if not value or len(value) > 200 or not value.isprintable():
        raise bad("bad_path", "A part of the path is empty, too long or not printable.")
    return value


async def _whole_body(request: Request, receive: Receive) -> bytes:
    """The body; raises Refusal when it is too large.

    What is a little too large is read to its end all the same: a connection that is closed with unread bytes is reset,
    and whoever is still sending, Zuul for one, would see that instead of the answer.
    """
    length = request.headers.get("content-length", "0")
    body, size = b"", 0
    more = "transfer-encoding" in request.headers or length != "0"
    while more and size <= MOST_SWALLOWED and not (length.isdigit() and int(length) > MOST_SWALLOWED):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad("bad_form", "The body ended early.")
        part = message.get("body", b"")
        size += len(part)
        body = body + part if size <= LARGEST_BODY else b""
        more = message.get("more_body", False)
    if more or size > LARGEST_BODY:
        raise Refusal(413, "too_large", f"The body is larger than {LARGEST_BODY} bytes.")
    return body
