"""Endless answers: chunk by chunk for as long as somebody reads, and no longer.

Before: the API's streams, the console's live pages. After: the server. A reader that doesn't take what is sent within
the time is dropped, so that nothing waits for him and nothing piles up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reconciler.errors import ReconcilerError

log = logging.getLogger(__name__)

EVENTS = "text/event-stream"
SEND_SECONDS = 10.0
END_SECONDS = 0.2


class Streamed(Response):
    """Sends `chunks` until they end, the reader goes or is too slow, or the server closes (`scope["closing"]`)."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str = EVENTS,
        headers: Mapping[str, str] | None = None,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        super().__init__(None, 200, {**(headers or {}), "X-Accel-Buffering": "no"}, media_type)
        del self.headers["content-length"]
        self._chunks = chunks
        self._send_seconds = send_seconds
        self._open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole stream; whatever ends it, the chunks' own `finally` is run."""
        closing: asyncio.Event | None = scope.get("closing")
        tasks: set[asyncio.Future[object]] = set()
        tasks |= {asyncio.ensure_future(self._pump(send)), asyncio.ensure_future(_gone(receive))}
        if closing is not None:
            tasks.add(asyncio.ensure_future(closing.wait()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                _judge(error)
        if self._open and closing is not None and closing.is_set():
            with suppress(OSError):
                async with asyncio.timeout(END_SECONDS):
                    await self._end(send)

    async def _pump(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        try:
            # Not wait_for: in Python 3.11 it loses a cancellation that comes just when the send ends, and a reader that
            # has gone would be served for ever.
            async with asyncio.timeout(self._send_seconds):
                await send(start)
            self._open = True
            async for chunk in self._chunks:
                async with asyncio.timeout(self._send_seconds):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            async with asyncio.timeout(self._send_seconds):
                await self._end(send)
        finally:
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()

    async def _end(self, send: Send) -> None:
        """Once at most, and only what has begun."""
        self._open = False
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _judge(error: BaseException) -> None:
    """What ends a stream as such things end: the reader, the engine or the loop is gone; he may come back and ask."""
    if not isinstance(error, OSError | ReconcilerError):
        raise error
    log.debug("a stream ended: %s", error)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
