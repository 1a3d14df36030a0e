"""The control API's server: HTTP/1.1 over a unix socket, a thread for each request, a bounded number of them.

Before: the loop, which starts and closes it. After: routes. The standard library's request handler is
enough for eight local routes, and spares the loop a framework's import and memory (docs/reference/api.md).
It must never stop the loop: what goes wrong here is logged, and a socket file that was deleted is made again.
"""

import json
import logging
import os
import select
import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import BoundedSemaphore, Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.api.backend import Backend
from reconciler.api.refusal import RequestError
from reconciler.api.routes import Request, Response, answer, refusal
from reconciler.api.socket_file import claim, identity
from reconciler.errors import LockHeld, UsageError

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 32
LARGEST_BODY_BYTES = 8 * 1024 * 1024
IDLE_SECONDS = 10.0
LOOK_SECONDS = 1.0
CLOSE_SECONDS = 1.0


class ControlServer:
    """Serves `backend` on `socket_path` in threads of its own, from `start` to `close`."""

    def __init__(
        self,
        backend: Backend,
        socket_path: Path,
        on_problem: Callable[[str], None],
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """`on_problem` is told once for each outage; `look_seconds`: how often the socket is looked after."""
        self.backend = backend
        self.closing = Event()
        self._path = socket_path
        self._on_problem = on_problem
        self._look_seconds = look_seconds
        self._listener: socket.socket | None = None
        self._identity: tuple[int, int] | None = None
        self._problem = ""
        self._free = BoundedSemaphore(MOST_CONNECTIONS)
        self._thread = Thread(target=self._serve, name="api", daemon=True)

    def start(self) -> None:
        """Listen. Raises LockHeld where another loop answers there, UsageError where the place isn't fit.

        A disk that doesn't let us is no reason to fail: it is reported, and tried again.
        """
        try:
            self._listen()
        except OSError as error:
            self._fail(error)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, take the socket file away if it is ours, give running requests a moment to end."""
        self.closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS + self._look_seconds)
        if self._listener:
            if identity(self._path) == self._identity:
                self._path.unlink(missing_ok=True)
            self._listener.close()
            self._listener = None
        deadline = monotonic() + CLOSE_SECONDS
        held = 0
        while held < MOST_CONNECTIONS and self._free.acquire(timeout=max(0.0, deadline - monotonic())):
            held += 1
        if held:
            self._free.release(held)

    def _listen(self) -> None:
        self._listener = claim(self._path)
        self._listener.settimeout(0)
        self._identity = identity(self._path)
        self._problem = ""

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                self._turn()
            except Exception:  # the API's thread must outlive whatever one turn brings
                log.exception("the control API failed for a moment")
                self.closing.wait(self._look_seconds)

    def _turn(self) -> None:
        """Accept whoever comes within the time to look, or look after the socket file."""
        if self._listener is None:
            self.closing.wait(self._look_seconds)
            self._again()
        elif select.select([self._listener], [], [], min(self._look_seconds, 0.2))[0]:
            self._accept(self._listener)
        elif identity(self._path) != self._identity:
            log.warning("%s was deleted or replaced: making it anew", self._path)
            self._listener.close()
            self._listener = None
            self._again()

    def _again(self) -> None:
        if self.closing.is_set():
            return
        try:
            self._listen()
        except (OSError, LockHeld, UsageError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self._problem:
            self._problem = str(error)
            self._on_problem(
                f"the commands can't reach this loop: {self._path}: {error};"
                " it goes on, and tries again until there is room and permission"
            )

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.settimeout(IDLE_SECONDS)
        if not _allowed(connection):
            connection.close()
        elif self._free.acquire(timeout=0):
            Thread(target=self._handle, args=(connection,), name="api-request", daemon=True).start()
        else:
            _turn_away(connection)

    def _handle(self, connection: socket.socket) -> None:
        try:
            with connection:
                _Handler(connection, ("", 0), self)  # type: ignore[arg-type]  # it needs no more of a server
        except OSError as error:
            log.debug("a client of the control API went away: %s", error)
        except Exception:  # one request's failure is logged and ends with it
            log.exception("a request to the control API failed")
        finally:
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, answers it, closes."""

    protocol_version = "HTTP/1.1"
    server_version = "reconciler"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: Any

    def handle_any(self) -> None:
        """Every method comes here; routes decide what is allowed."""
        try:
            request = self._request()
        except RequestError as error:
            self._respond(refusal(error))
        else:
            self._respond(answer(self.server.backend, request, self.server.closing))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong with a request, as JSON too."""
        text = message or explain or "this is no request that can be understood"
        self._respond(refusal(RequestError(int(code), "bad_request", text)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are of no interest unless somebody debugs."""
        log.debug(format, *args)

    def _request(self) -> Request:
        # Browsers name the page that a request comes from; no page has any business here.
        if self.headers.get("Origin"):
            raise RequestError(403, "forbidden", "requests from web pages are refused")
        parts = urlsplit(self.path)
        return Request(method=self.command, path=parts.path, query=dict(parse_qsl(parts.query)), body=self._body())

    def _body(self) -> Any:
        if self.headers.get("Transfer-Encoding"):
            raise RequestError(411, "bad_request", "send the body with a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise RequestError(400, "bad_request", "Content-Length is no number")
        if int(length) > LARGEST_BODY_BYTES:
            raise RequestError(413, "too_large", f"a body may have {LARGEST_BODY_BYTES} bytes, not {length}")
        if int(length) == 0:
            return None
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise RequestError(415, "bad_request", "Content-Type must be application/json")
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            raise RequestError(400, "bad_request", "the body ended early")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise RequestError(400, "bad_json", f"the body is no JSON: {error}") from error

    def _respond(self, response: Response) -> None:
        body = json.dumps(response.payload, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        self.close_connection = True
        # A request line that was never understood counts as HTTP/0.9, whose answers have no head.
        self.request_version = self.protocol_version
        self.send_response(response.status)
        for key, value in response.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _allowed(connection: socket.socket) -> bool:
    """Only our own user and root, whatever the socket file's mode has become (unix(7), SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return uid in (0, os.geteuid())


def _turn_away(connection: socket.socket) -> None:
    body = b'{"error":{"code":"busy","message":"too many requests at once; try again","problems":[]}}'
    head = f"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with connection:
        try:
            connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
        except OSError as error:
            log.debug("a client that was turned away went first: %s", error)
