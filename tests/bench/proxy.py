"""A socket in front of the engine's, which notes when each request to create a container comes by.

Before: save, whose loop is given this socket as its engine. After: tests.support.relay; every byte goes through
unchanged.
"""

import re
import socket
import threading
import time
from pathlib import Path

from tests.support.relay import Relay

_CREATE = re.compile(rb"POST /v[0-9.]+/containers/create[? ]")
_LONGEST = 64  # no match is longer, so that a request which comes in two pieces is found in their seam


class StampingProxy(Relay):
    """`stamps` holds an instant (Unix seconds) for each creation asked for."""

    def __init__(self, path: Path, engine_socket: str) -> None:
        self.stamps: list[float] = []
        self._news = threading.Condition()
        super().__init__(path, engine_socket)

    def wait_beyond(self, count: int, seconds: float) -> float:
        """The instant of the creation after the first `count`; waits for it."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.stamps) > count, seconds):
                raise AssertionError(f"nobody asked to create a container within {seconds:g} s")
            return self.stamps[count]

    def ask(self, sink: socket.socket, piece: bytes, seen: bytes) -> bytes:
        """Note a creation, pass the piece on; what is returned is the seam to the next one."""
        found = _CREATE.search(seen + piece)
        if found:
            with self._news:
                self.stamps.append(time.time())
                self._news.notify_all()
        sink.sendall(piece)
        return b"" if found else (seen + piece)[-_LONGEST:]
