"""`/live?page=/clusters/webapp`: what of that page has changed, as server-sent events, until its browser leaves.

Before: the script of an open page, signed in. After: hub. Events: `hello` (which version this is), `regions` (id and
HTML of those that changed), `beats` (ages by short container id), `trouble` (why the page is old, empty: it isn't). A
browser that takes nothing is dropped (api.http.streaming); it holds up nobody.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from reconciler.api.http.streaming import SEND_SECONDS, Streamed
from reconciler.console.web.board import Watch
from reconciler.console.web.frame import Frame
from reconciler.console.web.hub import MOST_WATCHES, Hub

# Shorter than the script's patience, so that silence means that nobody is there.
QUIET_SECONDS = 5.0


class LiveStreams:
    """Those of one console. `send_seconds` is how long a browser may take for one message."""

    def __init__(self, frame: Frame, hub: Hub, send_seconds: float = SEND_SECONDS) -> None:
        self._frame = frame
        self._hub = hub
        self._send_seconds = send_seconds

    async def answer(self, request: Request) -> Response:
        """One stream, or why there is none."""
        if self._frame.session_of(request) is None:
            return PlainTextResponse("sign in first", 401)
        if self._hub.closed or self._hub.watched >= MOST_WATCHES:
            return PlainTextResponse("too many pages are open", 503, {"Retry-After": "30"})
        watch = self._hub.join(request.query_params.get("page", ""))
        if watch is None:
            return PlainTextResponse("there is no such page", 404)
        return _Watched(self._chunks(request, watch), self._hub, watch, self._send_seconds)

    async def _chunks(self, request: Request, watch: Watch) -> AsyncIterator[bytes]:
        yield written([("hello", {"version": self._frame.version})])
        while not self._hub.closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    await watch.wake.wait()
            watch.wake.clear()
            # Its session may have ended, or the token be another one by now.
            if self._frame.session_of(request) is None:
                return
            yield written(watch.take()) or b": still here\n\n"


class _Watched(Streamed):
    """A stream whose watch ends with it, whatever ends it, and also where it never began."""

    def __init__(self, chunks: AsyncIterator[bytes], hub: Hub, watch: Watch, send_seconds: float) -> None:
        super().__init__(chunks, send_seconds=send_seconds, headers={"Cache-Control": "no-store"})
        self._hub = hub
        self._watch = watch

    async def __call__(self, *asgi: Any) -> None:
        try:
            await super().__call__(*asgi)
        finally:
            self._hub.leave(self._watch)


def written(messages: Iterable[tuple[str, Any]]) -> bytes:
    """As server-sent events; JSON has no line ends of its own."""
    lines = (f"event: {event}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n" for event, value in messages)
    return "".join(lines).encode()
