"""One client's connection: request, answer, request, … with a time limit for each step.

Before: serving, which accepted it. After: routes. Every refusal is answered before the connection ends.
Never here: what a request means.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from http import HTTPStatus

from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.routes import Answer, Api, refusal
from reconciler.dns.skydns.service import Refused
from reconciler.engine.http_head import Head, RefusedError, read_head

_END = b"\r\n\r\n"
_LINGER_BYTES = 262_144


class Connection:
    """Lives in the server's event loop; `serve` returns when the connection has ended."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, api: Api, limits: HttpLimits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._api = api
        self._limits = limits
        self._bodiless = False
        # Then `drain` waits until the client has taken all, and the time limit counts.
        writer.transport.set_write_buffer_limits(high=0)

    async def serve(self) -> None:
        """Until its end, a refusal that leaves bytes unread, or a time limit."""
        with suppress(OSError, EOFError):  # a client that goes and one that resets are all the same to us
            try:
                while await self._one():
                    pass
            except Refused as refused:
                await self._end(refusal(refused))

    async def turn_away(self, answer: Answer) -> None:
        """Answer before anything was asked."""
        with suppress(OSError):
            await self._end(answer)

    async def _end(self, answer: Answer) -> None:
        """Answer, then read on for a moment: closing on unread bytes resets, and the answer would be lost."""
        await self._say(answer, keep_alive=False)
        self._writer.write_eof()
        left = _LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger_seconds):
                while left > 0 and (more := await self._reader.read(65_536)):
                    left -= len(more)

    async def _one(self) -> bool:
        """One request; whether another may follow."""
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                first = await self._first()
        except TimeoutError:
            return False
        try:
            async with asyncio.timeout(self._limits.request_seconds):
                head = await self._head(first)
                body = await self._body(head)
        except TimeoutError as error:
            text = f"the request took longer than {self._limits.request_seconds:g} s"
            raise Refused(408, text) from error
        await self._say(self._api.answer(head, body), keep_alive=head.keep_alive)
        return head.keep_alive

    async def _first(self) -> bytes:
        """A request's first byte; empty lines before it mean nothing (RFC 9112, section 2.2)."""
        while (first := await self._reader.readexactly(1)) in b"\r\n":
            pass
        return first

    async def _head(self, first: bytes) -> Head:
        try:
            head = read_head((first + await self._reader.readuntil(_END)).removesuffix(_END))
        except asyncio.LimitOverrunError as error:
            raise Refused(431, f"a request's head has at most {self._limits.head_bytes} bytes") from error
        except RefusedError as error:
            raise Refused(400, "this is no HTTP/1.1 request that can be understood") from error
        self._bodiless = head.method == b"HEAD"
        return head

    async def _body(self, head: Head) -> bytes:
        length = self._api.length(head)
        if length and head.minor and head.headers.get(b"expect", b"").lower() == b"100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await self._reader.readexactly(length)

    async def _say(self, answer: Answer, *, keep_alive: bool) -> None:
        self._writer.write(written(answer, keep_alive=keep_alive, bodiless=self._bodiless))
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._writer.drain()
        except TimeoutError:
            self._reset()
            raise ConnectionAbortedError from None

    def _reset(self) -> None:
        """Throw away what the client doesn't take; after a mere close the kernel would keep it for minutes."""
        held = self._writer.transport.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


def written(answer: Answer, *, keep_alive: bool, bodiless: bool = False) -> bytes:
    """An answer as bytes; texts end with a line feed, as SkyDNS's do. `bodiless`: to a HEAD."""
    body = f"{answer.text}\n".encode(errors="backslashreplace") if answer.text else b""
    head = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Length: {len(body)}",
        *([f"Content-Type: {answer.kind}", "X-Content-Type-Options: nosniff"] if body else []),
        *([f"Allow: {answer.allow}"] if answer.allow else []),
        *([] if keep_alive else ["Connection: close"]),
    ]
    return "\r\n".join(head).encode() + _END + (b"" if bodiless else body)
