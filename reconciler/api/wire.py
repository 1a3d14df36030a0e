"""One HTTP/1.1 exchange on an open unix socket: one request, one whole answer, the end.

Before: client. After: server. The server always names a Content-Length and closes (RFC 9112, sections 6.2 and
9.6), so nothing more of HTTP is needed, and `status` is spared http.client with its TLS and mail
parsers.
"""

import socket
from contextlib import suppress
from time import monotonic

LARGEST_ANSWER_BYTES = 64 * 1024 * 1024


class BrokenAnswerError(Exception):
    """What came back is not one whole HTTP answer."""


def exchange(
    connection: socket.socket, method: str, target: str, body: bytes | None, seconds: float
) -> tuple[int, bytes]:
    """Status code and body. Raises OSError (TimeoutError after `seconds`) or BrokenAnswerError."""
    head = f"{method} {target} HTTP/1.1\r\nHost: reconciler\r\nConnection: close\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    deadline = monotonic() + seconds
    connection.settimeout(seconds)
    with suppress(BrokenPipeError):  # who is turned away may have the answer before it could ask
        connection.sendall(head.encode("ascii") + b"\r\n" + (body or b""))
    return _parsed(_everything(connection, deadline))


def _everything(connection: socket.socket, deadline: float) -> bytes:
    received = bytearray()
    while True:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        connection.settimeout(left)
        try:
            piece = connection.recv(256 * 1024)
        except ConnectionResetError:
            # Who is turned away is answered before the request was read; the length tells whether all came.
            if not received:
                raise
            return bytes(received)
        if not piece:
            return bytes(received)
        received += piece
        if len(received) > LARGEST_ANSWER_BYTES:
            raise BrokenAnswerError("the answer is too long")


def _parsed(answer: bytes) -> tuple[int, bytes]:
    head, found, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    code = rest[:3]
    if not found or not version.startswith("HTTP/1.") or not code.isdecimal():
        raise BrokenAnswerError("the answer ended early" if version.startswith("HTTP/1.") else "no HTTP came back")
    lengths = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-length:")]
    if lengths != [str(len(body))]:
        raise BrokenAnswerError("the answer ended early")
    return int(code), body
