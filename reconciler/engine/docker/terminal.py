"""A person's terminal on a container: logs as they come, and commands run inside.

Before: cli (logs, exec, ssh). After: streams. Never here: the loop; nothing it does waits on a person.
Frames of a stream without a tty: one byte for the stream, three zeros, four bytes of length (Docker Engine
API, "attach to a container").
"""

import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any
from urllib.parse import urlencode

from reconciler.engine.docker.api import Api
from reconciler.engine.docker.streams import dial, send_head
from reconciler.errors import EngineUnavailable, PermanentError

_HEAD = struct.Struct(">BxxxL")
_STDERR = 2
_LOOK_UP_SECONDS = 0.25
_ENDED_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.02


def logs(api: Api, id: str, *, follow: bool, tail: int | None, stop: Event) -> Iterator[tuple[bool, bytes]]:
    """Pieces of what the container wrote, as (is it stderr, bytes), the last `tail` lines first; None is all.

    With `follow` until it ends or `stop` is set; while nothing comes, an empty piece now and then, so that whoever
    passes them on notices that nobody listens any more. Raises PermanentError where there is no such container.
    """
    doing = f"reading the log of container {id[:12]}"
    query = {
        "stdout": "1",
        "stderr": "1",
        "follow": str(int(follow)),
        "tail": "all" if tail is None else str(tail),
    }
    path = f"/v{api.version(doing)}/containers/{id}/logs?{urlencode(query)}"
    connection = dial(api.base_url, api.tls_directory)
    try:
        _, rest = send_head(connection, [f"GET {path} HTTP/1.0", "Host: docker"], b"", doing)
        yield from _frames(connection, rest, stop, doing)
    finally:
        connection.close()


def _frames(connection: socket.socket, buffer: bytes, stop: Event, doing: str) -> Iterator[tuple[bool, bytes]]:
    connection.settimeout(_LOOK_UP_SECONDS)
    while not stop.is_set():
        frames, buffer = split_frames(buffer)
        yield from frames
        try:
            more = connection.recv(65536)
        except TimeoutError:
            yield False, b""
            continue
        except OSError as error:
            raise EngineUnavailable(f"{doing}: the stream broke: {error}") from error
        if not more:
            return
        buffer += more


def split_frames(buffer: bytes) -> tuple[list[tuple[bool, bytes]], bytes]:
    """The complete frames as (is it stderr, bytes), and what is left over."""
    frames = []
    while len(buffer) >= _HEAD.size:
        stream, length = _HEAD.unpack_from(buffer)
        if len(buffer) < _HEAD.size + length:
            break
        frames.append((stream == _STDERR, buffer[_HEAD.size : _HEAD.size + length]))
        buffer = buffer[_HEAD.size + length :]
    return frames, buffer


def execute(api: Api, id: str, argv: Sequence[str], *, with_tty: bool) -> int:
    """Run `argv` inside, joined to this process' own standard streams; its exit code.

    `with_tty` gives it a terminal; ours is raw meanwhile, and its size follows ours.
    Raises PermanentError where the container is gone or doesn't run.
    """
    doing = f"running {argv[0]} in container {id[:12]}"
    with_tty = with_tty and sys.stdin.isatty()
    exec_id = _made(api, id, argv, with_stdin=True, with_tty=with_tty, doing=doing)
    connection, rest = _attached(api, exec_id, with_tty=with_tty, doing=doing)
    try:
        with _raw_terminal(api, exec_id) if with_tty else _plain():
            _pump(connection, rest, framed=not with_tty)
    finally:
        connection.close()
    code = _exit_code(api, exec_id, doing)
    if code is None:
        raise PermanentError(f"{doing}: the engine let go of it while it runs")
    return code


def capture(api: Api, id: str, argv: Sequence[str], *, seconds: float, most_bytes: int) -> tuple[int | None, bytes]:
    """Run `argv` inside without input; its exit code and what it printed, both streams as they came.

    The code is None where it runs longer than `seconds`; where it prints more than `most_bytes` it isn't read to its
    end either. The engine has no way to end such a command: it ends by itself, at the latest with its container.
    Raises PermanentError where the container is gone or doesn't run.
    """
    doing = f"running {argv[0]} in container {id[:12]}"
    exec_id = _made(api, id, argv, with_stdin=False, with_tty=False, doing=doing)
    connection, buffer = _attached(api, exec_id, with_tty=False, doing=doing)
    give_up_at = time.monotonic() + seconds
    output = b""
    try:
        while True:
            frames, buffer = split_frames(buffer)
            output += b"".join(data for _, data in frames)
            left = give_up_at - time.monotonic()
            if len(output) > most_bytes or left <= 0:
                return None, output[: most_bytes + 1]
            connection.settimeout(left)
            try:
                more = _receive(connection)
            except TimeoutError:
                continue
            if not more:
                return _exit_code(api, exec_id, doing), output
            buffer += more
    finally:
        connection.close()


def _made(api: Api, id: str, argv: Sequence[str], *, with_stdin: bool, with_tty: bool, doing: str) -> str:
    body = {
        "AttachStdin": with_stdin,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": with_tty,
        "Cmd": list(argv),
    }
    made = api.call("POST", f"/containers/{id}/exec", body=body, doing=doing, accept=(404, 409))
    if made.status >= 400:
        raise PermanentError(f"{doing}: {made.message}")
    return str(made.payload["Id"])


def _exit_code(api: Api, exec_id: str, doing: str) -> int | None:
    """Of a command whose streams are closed; the engine may take a moment to learn that it has ended."""
    give_up_at = time.monotonic() + _ENDED_SECONDS
    while True:
        code = api.call("GET", f"/exec/{exec_id}/json", doing=doing).payload["ExitCode"]
        if code is not None or time.monotonic() >= give_up_at:
            return None if code is None else int(code)
        time.sleep(_LOOK_AGAIN_SECONDS)


def _attached(api: Api, exec_id: str, *, with_tty: bool, doing: str) -> tuple[socket.socket, bytes]:
    body = json.dumps({"Detach": False, "Tty": with_tty}).encode()
    connection = dial(api.base_url, api.tls_directory)
    lines = [
        f"POST /v{api.version(doing)}/exec/{exec_id}/start HTTP/1.1",
        "Host: docker",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: Upgrade",
        "Upgrade: tcp",
    ]
    try:
        _, rest = send_head(connection, lines, body, doing)
    except BaseException:
        connection.close()
        raise
    connection.settimeout(None)
    return connection, rest


def _pump(connection: socket.socket, buffer: bytes, *, framed: bool) -> None:
    """Between the command and our standard streams, until the command's side closes."""
    with selectors.SelectSelector() as selector:  # unlike epoll it takes a regular file as standard input
        selector.register(connection, selectors.EVENT_READ)
        stdin: int | None = sys.stdin.fileno()
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while True:
            buffer = _show(buffer, framed=framed)
            ready = {key.fileobj for key, _ in selector.select()}
            if stdin is not None and stdin in ready and not _forward(stdin, connection):
                selector.unregister(stdin)
                stdin = None
            if connection in ready:
                more = _receive(connection)
                if not more:
                    return
                buffer += more


def _receive(connection: socket.socket) -> bytes:
    """What came; empty at the end. A container that is killed resets the connection."""
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def _forward(stdin: int, connection: socket.socket) -> bool:
    """Whether there may be more."""
    typed = os.read(stdin, 65536)
    if typed:
        connection.sendall(typed)
    else:
        connection.shutdown(socket.SHUT_WR)
    return bool(typed)


def _show(buffer: bytes, *, framed: bool) -> bytes:
    """Write what is complete; what is left over."""
    if not framed:
        _write(1, buffer)
        return b""
    frames, rest = split_frames(buffer)
    for is_stderr, data in frames:
        _write(2 if is_stderr else 1, data)
    return rest


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def _plain() -> Iterator[None]:
    yield


@contextmanager
def _raw_terminal(api: Api, exec_id: str) -> Iterator[None]:
    stdin = sys.stdin.fileno()
    before = termios.tcgetattr(stdin)

    def follow_size(*_: Any) -> None:
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(stdin, termios.TIOCGWINSZ, b"\0" * 8))[:2]
        path, params = f"/exec/{exec_id}/resize", {"h": str(rows), "w": str(columns)}
        # The command may have ended meanwhile; then its size is nobody's business any more.
        api.call("POST", path, params=params, doing="resizing the terminal", accept=range(400, 600))

    former = signal.signal(signal.SIGWINCH, follow_size)
    try:
        tty.setraw(stdin)
        follow_size()
        yield
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, former)
