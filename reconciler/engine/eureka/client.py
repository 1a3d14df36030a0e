"""One request to an Eureka and its answer, within a bound in time and size whatever stands at the other end.

Before: follower. After: answers. Only the standard library. A server that sends a byte now and then, hangs, speaks
something else or sends without end costs `seconds`, and a RegistryError that says which.
"""

import io
import socket
import time
import zlib
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import urlsplit

from reconciler.errors import RegistryError

MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where an Eureka's API is: `path` is what stands before `/apps`. `address` is the host's, once it is known."""

    host: str
    port: int
    path: str
    address: str = ""

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, unpacked."""

    status: int
    content_type: str
    body: bytes


def server_of(url: str) -> Server:
    """The server that a URL names; RegistryError where it is none of http."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise RegistryError(f"{url} is no URL like http://eureka.example.com:8080/eureka/v2") from error
    if parts.scheme != "http" or not host:
        raise RegistryError(f"{url} is no URL like http://eureka.example.com:8080/eureka/v2")
    return Server(host=host, port=port, path=parts.path.rstrip("/"))


def locate(server: Server) -> Server:
    """With its address, which may take as long as the machine's resolvers do: not for threads that others wait for."""
    try:
        return server if server.address else replace(server, address=socket.gethostbyname(server.host))
    except (OSError, ValueError) as error:
        raise RegistryError(f"the name {server.host} can't be looked up") from error


def ask(server: Server, method: str, path: str, *, seconds: float) -> Answer:
    """Raises RegistryError where no whole answer came in time."""
    deadline = time.monotonic() + seconds
    try:
        with socket.create_connection((server.address or server.host, server.port), timeout=seconds) as connection:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            connection.sendall(_request(server, method, path))
            return _answer(connection, method, deadline)
    except TimeoutError as error:
        raise RegistryError(f"no answer within {round(seconds, 1):g} s") from error
    except OSError as error:
        raise RegistryError((error.strerror or str(error)).lower()) from error
    except (HTTPException, ValueError, zlib.error) as error:
        raise RegistryError("it does not speak HTTP as Eureka does") from error


def _request(server: Server, method: str, path: str) -> bytes:
    # Eureka answers 406 to whom won't take gzip.
    lines = (
        f"{method} {server.path}{path} HTTP/1.1", f"Host: {server.host}:{server.port}", "Accept: application/json",
        "Accept-Encoding: gzip", "Content-Length: 0", "Connection: close",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _answer(connection: socket.socket, method: str, deadline: float) -> Answer:
    response = HTTPResponse(cast("socket.socket", _Hurried(connection, deadline)), method=method)
    response.begin()
    packed = response.read(MOST_BYTES + 1)
    if len(packed) > MOST_BYTES or response.length:
        raise RegistryError(f"its answer is too long, or ends too early ({len(packed)} bytes)")
    body = packed
    if (response.getheader("Content-Encoding") or "").lower() == "gzip" and packed:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        body = unpacker.decompress(packed, MOST_BYTES)
        if not unpacker.eof:
            raise RegistryError("its answer is too long, or its gzip is broken")
    return Answer(status=response.status, content_type=response.getheader("Content-Type") or "", body=body)


class _Hurried(io.RawIOBase):
    """A socket for HTTPResponse whose every read gets only what is left of the time."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)
