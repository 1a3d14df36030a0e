"""Connections that stay open: the engine's events, and (for the command line) attached terminals.

Before: adapter, terminal. After: a socket to the engine. Never here: what an event is good for.
The SDK can't be used: its event stream ends without an error when the connection breaks, has no read timeout,
and gives no way to tell the end from a pause. With HTTP/1.0 the body is plain bytes until the connection
closes, so a time limit between two reads loses nothing.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from reconciler.engine.docker.refusals import refusal
from reconciler.errors import EngineUnavailable, PermanentError

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 20.0
_LOOK_UP_SECONDS = 0.25  # how soon a stop is noticed while nothing happens


def dial(base_url: str, tls_directory: Path | None) -> socket.socket:
    """A connected socket to the engine.

    Raises EngineUnavailable, or PermanentError for an address it can't use.
    """
    parts = urlsplit(base_url)
    try:
        if parts.scheme in {"unix", "http+unix"}:
            return _dial_unix(parts.path)
        if parts.scheme in {"tcp", "http", "https"} and parts.hostname:
            return _dial_tcp(parts.hostname, parts.port or (2376 if tls_directory else 2375), tls_directory)
    except OSError as error:
        raise EngineUnavailable(f"the engine at {base_url} does not answer: {error}") from error
    raise PermanentError(f"{base_url}: only unix:// and tcp:// engines can be followed")


def _dial_unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_CONNECT_SECONDS)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _dial_tcp(host: str, port: int, tls_directory: Path | None) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if tls_directory is None:
        return connection
    context = ssl.create_default_context(cafile=str(tls_directory / "ca.pem"))
    context.load_cert_chain(tls_directory / "cert.pem", tls_directory / "key.pem")
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except OSError:
        connection.close()
        raise


def send_head(connection: socket.socket, lines: list[str], body: bytes, doing: str) -> tuple[int, bytes]:
    """Send a request and read the answer's head: its status and the first bytes of what follows.

    Raises for a refusal with the engine's words, EngineUnavailable where the answer doesn't come.
    """
    try:
        connection.settimeout(_ANSWER_SECONDS)
        connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise EngineUnavailable(f"{doing}: the engine closed the connection")
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        status = int(head.split(None, 2)[1])
        if status >= 400:
            while more := connection.recv(65536):
                rest += more
            raise refusal(status, _words(rest), doing, reading=True)
    except (OSError, ValueError, IndexError) as error:
        raise EngineUnavailable(f"{doing}: the engine does not answer: {error}") from error
    return status, rest


def _words(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip() or "no reason given"


def json_lines(connection: socket.socket, rest: bytes, stop: Event, doing: str) -> Iterator[dict[str, Any]]:
    """The objects of a stream, one a line, until `stop` is set.

    Raises EngineUnavailable when the stream ends or breaks.
    """
    connection.settimeout(_LOOK_UP_SECONDS)
    buffer = rest
    while not stop.is_set():
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            if line.strip():
                yield _object(line, doing)
        try:
            more = connection.recv(65536)
        except TimeoutError:
            continue
        except OSError as error:
            raise EngineUnavailable(f"{doing}: the stream broke: {error}") from error
        if not more:
            raise EngineUnavailable(f"{doing}: the engine ended the stream")
        buffer += more


def _object(line: bytes, doing: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise EngineUnavailable(f"{doing}: the stream is garbled") from error
    return found if isinstance(found, dict) else {}
