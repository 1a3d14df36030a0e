"""HTTP, the client's side: requests to Eureka and the auth tier over connections that are kept.

Every request is bounded in time. A kept connection that the server closed meanwhile is replaced by a new one and the
request sent again, once; a POST always gets a new connection, so it is never sent twice. Failures are CallFailed.
"""

import asyncio
import gzip
import time
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

from acmeair.errors import CallFailed, NotSent
from acmeair.ports import Answer

IDLE_SECONDS = 15.0  # less than any server's patience that we talk to
LARGEST_ANSWER = 4 * 1024 * 1024


class _Reading:
    """An answer that is being read; the parser calls this."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self.answer.body += part
        if len(self.answer.body) > LARGEST_ANSWER:
            raise CallFailed("the answer is too large")

    def on_message_complete(self) -> None:
        self.complete = True


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    since: float = 0.0


class _Stale(Exception):
    """A kept connection ended before a byte of an answer came."""


class HttpClient:
    """Connections by host and port."""

    def __init__(self, *, connect_seconds: float = 0.3, kept: int = 16) -> None:
        self._connect_seconds = connect_seconds
        self._kept = kept
        self._idle: dict[tuple[str, int], list[_Line]] = {}

    async def url(self, method: str, address: str, *, body: bytes = b"", seconds: float) -> Answer:
        """A request to an address such as `http://eureka1.eureka:8080/eureka/v2/apps`."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return await self.request(method, parts.hostname or "", parts.port or 80, path, body=body, seconds=seconds)

    async def request(
        self, method: str, host: str, port: int, path: str, *, body: bytes = b"", seconds: float
    ) -> Answer:
        """One request within `seconds`; raises CallFailed."""
        # Eureka answers 406 to whom won't take gzip.
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        message = head.encode("latin-1") + body
        try:
            async with asyncio.timeout(seconds):
                line = self._take(host, port) if method != "POST" else None
                if line is not None:
                    try:
                        return await self._exchange(line, (host, port), method, message, reused=True)
                    except _Stale:
                        pass  # the server gave up on an idle connection: a new one can tell
                line = await self._connect(host, port)
                return await self._exchange(line, (host, port), method, message, reused=False)
        except TimeoutError as error:
            raise CallFailed(f"no answer within {seconds:g} s") from error
        except OSError as error:
            raise CallFailed(error.strerror or str(error)) from error

    async def _connect(self, host: str, port: int) -> _Line:
        try:
            async with asyncio.timeout(self._connect_seconds):
                return _Line(*await asyncio.open_connection(host, port))
        except TimeoutError as error:
            raise NotSent(f"no connection within {self._connect_seconds:g} s") from error
        except OSError as error:
            raise NotSent(error.strerror or str(error)) from error

    def _take(self, host: str, port: int) -> _Line | None:
        lines = self._idle.get((host, port), [])
        while lines:
            line = lines.pop()
            if time.monotonic() - line.since < IDLE_SECONDS and not line.reader.at_eof():
                return line
            line.writer.close()
        return None

    async def _exchange(
        self, line: _Line, place: tuple[str, int], method: str, message: bytes, *, reused: bool
    ) -> Answer:
        reading = _Reading()
        answer = reading.answer
        parser = httptools.HttpResponseParser(reading)
        keep, started = False, False
        try:
            line.writer.write(message)
            await line.writer.drain()
            while not reading.complete:
                part = await line.reader.read(65536)
                if not part:
                    raise ConnectionResetError(0, "it hung up")
                started = True
                parser.feed_data(part)
            answer.status = parser.get_status_code()
            keep = parser.should_keep_alive()
        except httptools.HttpParserError as error:
            raise CallFailed("it does not speak HTTP") from error
        except OSError as error:
            if reused and not started:
                raise _Stale from error
            raise
        finally:
            self._put(line, place, keep=keep)
        if answer.headers.get("content-encoding") == "gzip" and answer.body and method != "HEAD":
            answer.body = _unpacked(answer.body)
        return answer

    def _put(self, line: _Line, place: tuple[str, int], *, keep: bool) -> None:
        self._drop_old()
        lines = self._idle.setdefault(place, [])
        if keep and len(lines) < self._kept:
            line.since = time.monotonic()
            lines.append(line)
        else:
            line.writer.close()

    def _drop_old(self) -> None:
        """Let go of connections to servers that nobody talks to any more."""
        oldest = time.monotonic() - IDLE_SECONDS
        for place, lines in list(self._idle.items()):
            if not lines or lines[-1].since < oldest:
                for line in lines:
                    line.writer.close()
                del self._idle[place]


def _unpacked(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise CallFailed("its gzip is broken") from error
