"""What heartbeat tests share: a small client that speaks raw bytes, tokens, and waiting for a condition."""

import hashlib
import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_rising = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, 0 where the connection was closed without a word, and the headers in lower case."""

    status: int
    headers: dict[str, str]


def token_of(name: str) -> str:
    """A token that is always the same for a name."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def hash_of(name: str) -> str:
    """What the label of the instance with `token_of(name)` says."""
    return hashlib.sha256(token_of(name).encode()).hexdigest()


def beat_bytes(
    name: str,
    *,
    token: str | None = None,
    sequence: int | None = None,
    method: str = "POST",
    body: str | None = None,
) -> bytes:
    """One beat as it goes over the wire; a rising sequence unless one is given."""
    body = (
        body if body is not None else f'{{"sequence":{sequence if sequence is not None else next(_rising)},"load":0.5}}'
    )
    bearer = token_of(name) if token is None else token
    head = f"{method} /v1/beats/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    if bearer:
        head += f"Authorization: Bearer {bearer}\r\n"
    return f"{head}\r\n{body}".encode()


class Client:
    """One connection to the listener."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.buffer = b""

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer's head; a body is left unread, because a refused connection ends with it."""
        while b"\r\n\r\n" not in self.buffer:
            try:
                part = self.socket.recv(4096)
            except ConnectionError:
                part = b""
            if not part:
                return Answer(status=0, headers={})
            self.buffer += part
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        return Answer(status=int(lines[0].split(" ")[1]), headers=headers)

    def closed(self) -> bool:
        """Wait until the other side has hung up."""
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Look again and again until `condition` holds, at most `seconds`."""
    tick, until = threading.Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        tick.wait(0.01)
    return True
