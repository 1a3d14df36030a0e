"""Asking a DNS server for addresses, by its address and over one socket, as often as wanted.

Before: the figures about names. After: nothing. Never here: a resolver of this host, whose cache would answer.
"""

import itertools
import socket
import struct
import time
from collections.abc import Mapping
from typing import Self

from tests.support.name_asker import IN, A, read

ANSWER_SECONDS = 2.0
_AGAIN_SECONDS = 0.05
_RECURSION = 0x0100


class Asker:
    """One client of the server at `address` (IPv4 address, port)."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._ids = itertools.cycle(range(2**16))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(ANSWER_SECONDS)
        self._socket.connect(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, name: str) -> frozenset[str]:
        """Its addresses, none where it is denied; raises OSError where nothing is answered."""
        packet = question(name, next(self._ids))
        self._socket.send(packet)
        while True:
            reply = self._socket.recv(4096)
            if reply[:2] == packet[:2]:  # else it came too late for the question before
                return frozenset(read(reply, len(packet))[0])

    def until_all(self, wanted: Mapping[str, str], seconds: float) -> None:
        """Wait until every name has its one address; AssertionError where that takes longer."""
        deadline_at = time.monotonic() + seconds
        left = dict(wanted)
        while left:
            assert time.monotonic() < deadline_at, f"{len(left)} names are not answered: {sorted(left)[:3]} …"
            left = {name: address for name, address in left.items() if not self._says(name, address)}
            if left:
                time.sleep(_AGAIN_SECONDS)

    def _says(self, name: str, address: str) -> bool:
        try:
            return self.ask(name) == {address}
        except OSError:  # it does not listen yet
            return False


def question(name: str, id: int) -> bytes:
    """A question for addresses."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", id, _RECURSION, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, A, IN)
