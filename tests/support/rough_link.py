"""A bad line to the engine: slow, in crumbs, broken off in the middle of an answer, or not there at all.

Before: end-to-end tests, which say what the line is like now. After: tests.support.relay.
"""

import random
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.support.relay import Relay

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: the kernel drops what is not sent yet


class RoughLink(Relay):
    """`delay_seconds` before each piece of an answer, which is cut into crumbs of `crumb_bytes` (0: as it comes); of
    all answers a share of `break_share` ends in the middle, by a generator seeded with `seed`.
    """

    def __init__(self, path: Path, engine_socket: str, *, seed: int) -> None:
        self.delay_seconds = 0.0
        self.crumb_bytes = 0
        self.break_share = 0.0
        self.broken = 0
        self.refused = 0
        self._cut = False
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(path, engine_socket)

    def cut(self) -> None:
        """Break every connection off, and refuse new ones until `mend`."""
        with self._lock:
            self._cut = True
            for one in self._open:
                _end(one)
            self._open.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._cut = False

    def admits(self, asking: socket.socket) -> bool:
        """Remember it, to be able to break it off."""
        with self._lock:
            if self._cut:
                self.refused += 1
                return False
            self._open.add(asking)
        return True

    def answer(self, sink: socket.socket, piece: bytes) -> None:
        """Late, in crumbs, and perhaps never whole."""
        time.sleep(self.delay_seconds)
        with self._lock:
            breaks = self._chance.random() < self.break_share
        size = self.crumb_bytes or len(piece)
        crumbs = [piece[at : at + size] for at in range(0, len(piece), size)]
        for crumb in crumbs[: len(crumbs) // 2] if breaks else crumbs:
            sink.sendall(crumb)
        if breaks:
            self.broken += 1
            _end(sink)


def _end(one: socket.socket) -> None:
    with suppress(OSError):  # its peer was faster
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.shutdown(socket.SHUT_RDWR)
