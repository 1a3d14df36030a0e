"""A unix socket in front of the engine's, which notes when each request to create a container comes by.

Before: save, whose loop is given this socket as its engine. After: the engine; every byte goes through unchanged.
"""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_CREATE = re.compile(rb"POST /v[0-9.]+/containers/create[? ]")
_LONGEST = 64  # no match is longer, so that a request which comes in two pieces is found in their seam
_PIECE_BYTES = 65_536


class StampingProxy:
    """Listens on `path`; `stamps` holds an instant (Unix seconds) for each creation asked for."""

    def __init__(self, path: Path, engine_socket: str) -> None:
        self.stamps: list[float] = []
        self._news = threading.Condition()
        self._engine = engine_socket
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(64)
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def wait_beyond(self, count: int, seconds: float) -> float:
        """The instant of the creation after the first `count`; waits for it."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.stamps) > count, seconds):
                raise AssertionError(f"nobody asked to create a container within {seconds:g} s")
            return self.stamps[count]

    def close(self) -> None:
        """Take no more connections; those that are there end with their peers."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                asking, _ = self._listening.accept()
                answering = socket.socket(socket.AF_UNIX)
                answering.connect(self._engine)
                for source, sink, look in ((asking, answering, self._look()), (answering, asking, _pass)):
                    threading.Thread(target=_carry, args=(source, sink, look), daemon=True).start()

    def _look(self) -> Callable[[bytes], None]:
        seam = b""

        def look(piece: bytes) -> None:
            nonlocal seam
            found = _CREATE.search(seam + piece)
            seam = b"" if found else (seam + piece)[-_LONGEST:]
            if found:
                with self._news:
                    self.stamps.append(time.time())
                    self._news.notify_all()

        return look


def _pass(piece: bytes) -> None:
    """Answers are not looked at."""


def _carry(source: socket.socket, sink: socket.socket, look: Callable[[bytes], None]) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            look(piece)
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
