"""The head of one HTTP/1.1 request: bytes in, a value out, or a refusal (RFC 9112, sections 3 and 5).

Before: whoever received the bytes, up to the empty line. After: heartbeat_http, dns.skydns. Exactly the plain part of
the grammar: no folded lines, no absolute targets, no second Content-Length, Authorization or Host. No sockets here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\t\x80-\xff]*?)[ \t]*")
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_LENGTH = re.compile(rb"[0-9]{1,9}")
_ONCE = frozenset({b"content-length", b"authorization", b"host"})


class RefusedError(Exception):
    """What was received can't become a request; `status` is the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Head:
    """One head; header names in lower case, `minor` 0 or 1 for HTTP/1.0 and HTTP/1.1."""

    method: bytes
    target: bytes
    minor: int
    headers: Mapping[bytes, bytes]

    @property
    def keep_alive(self) -> bool:
        """Another request may follow on this connection."""
        return self.minor == 1 and self.headers.get(b"connection", b"").lower() != b"close"

    def length(self, most: int) -> int:
        """The body's bytes; raises RefusedError (400; 413 above `most`)."""
        text = self.headers.get(b"content-length", b"0")
        if not _LENGTH.fullmatch(text):
            raise RefusedError(400)
        if int(text) > most:
            raise RefusedError(413)
        return int(text)


def read_head(raw: bytes) -> Head:
    """`raw` is all before the empty line; raises RefusedError (400)."""
    lines = raw.split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(lines[0])
    if line is None:
        raise RefusedError(400)
    return Head(line.group(1), line.group(2), int(line.group(3)), _read_headers(lines[1:]))


def _read_headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise RefusedError(400)
        key = header.group(1).lower()
        if key in headers and key in _ONCE:
            raise RefusedError(400)
        headers[key] = header.group(2)
    return headers
