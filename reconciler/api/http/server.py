"""The HTTP server beside the loop: uvicorn in a thread of its own, from `start` to `close`.

Before: the command line's wiring. After: site (guard, API, console). It must never stop the loop nor hold up its end:
what fails here is logged, and open streams end within the second.
"""

import asyncio
import errno
import logging
import socket
from math import ceil
from threading import Thread
from time import monotonic, sleep

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.api.http.answers import send_refusal
from reconciler.api.http.idle import IDLE_SECONDS, IdleWatch
from reconciler.api.refusal import INTERNAL, refusal
from reconciler.errors import ReconcilerError, UsageError

log = logging.getLogger(__name__)

# asyncio accepts so many at once before it looks at any of them.
BACKLOG = 64
MOST_CONNECTIONS = 256
# So many more are told that there are too many; each after them would cost the loop a file descriptor.
MOST_REFUSED = 64
START_SECONDS = 10.0
GRACE_SECONDS = 0.5
CLOSE_SECONDS = 1.0
LOOK_SECONDS = 0.01
TOO_SLOW = refusal(408, "too_slow", "the body didn't come within its time")
ENDING = refusal(503, "ending", "the loop is ending; what was asked may have been done or not")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises UsageError where that can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off: else small answers wait 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        reason = error.strerror or str(error)
        raise UsageError(f"{where}: {reason}; {_way_out(error, port)}") from error
    return listener


def _way_out(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address: `ip address` shows those that it has"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "choose a port from 1024 on"
    return f"`ss -ltnp 'sport = :{port}'` says who listens there, or choose another port"


class _Connection(H11Protocol):
    """One connection; uvicorn itself accepts any number, and refuses only what is asked on them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put out at once where there are too many to be even told so."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS + MOST_REFUSED:
            transport.abort()


class WebServer:
    """Serves `app` on `listener`, which it owns from then on."""

    def __init__(self, app: ASGIApp, listener: socket.socket, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._app = app
        self._listener = listener
        self.port: int = listener.getsockname()[1]
        self._closing: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        config = uvicorn.Config(
            self._serve,
            lifespan="off", ws="none", http=_Connection, loop="asyncio", interface="asgi3", log_config=None,
            log_level="critical", access_log=False, server_header=False, proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS, backlog=BACKLOG, timeout_keep_alive=ceil(2 * idle_seconds),
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._idle = IdleWatch(connections=lambda: self._server.server_state.connections, idle_seconds=idle_seconds)
        self._thread = Thread(target=self._run, name="api-http", daemon=True)

    @property
    def connected(self) -> int:
        """How many connections there are."""
        return len(self._server.server_state.connections)

    def start(self) -> None:
        """Answer from now on. Raises ReconcilerError where the server doesn't come up."""
        self._thread.start()
        deadline = monotonic() + START_SECONDS
        while not self._server.started:
            if monotonic() > deadline or not self._thread.is_alive():
                raise ReconcilerError("the HTTP server did not start; the log says why")
            sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Stop answering; streams end now, other requests have a moment."""
        self._server.should_exit = True
        if self._loop is not None and self._closing is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)
        if self._thread.is_alive():
            self._thread.join(GRACE_SECONDS)
            self._server.force_exit = True
            self._thread.join(CLOSE_SECONDS - GRACE_SECONDS)
        self._listener.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:  # the loop goes on without it
            log.exception("the HTTP server ended")

    async def _main(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        idle = asyncio.create_task(self._idle.watch())
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            idle.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a bug of ours reaches the log here, and the client only as a sentence."""
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        scope["closing"] = self._closing
        try:
            await self._app(scope, receive, sent)
        except asyncio.CancelledError:  # only the server's own end does that
            if not started:
                await send_refusal(scope, send, ENDING)
        except ClientDisconnect:  # he went while he was sending, or is too slow
            if not started:
                await send_refusal(scope, send, TOO_SLOW)
        except Exception:  # whatever it was, the next request is served
            log.exception("the request %s %s failed", scope.get("method"), scope.get("path"))
            if started:
                raise
            await send_refusal(scope, send, INTERNAL)
