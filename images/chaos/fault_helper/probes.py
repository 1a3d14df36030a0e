"""Datagrams that show which helper reaches which: sent one way, never answered.

Before: net. After: UDP. A cut in one direction has to be seen as such, so nothing here waits for an echo: the sender
says what it sent to the director, and so does the receiver.
"""

import contextlib
import json
import socket
import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fault_helper.fault import Message
from fault_helper.rules import address
from fault_helper.settings import Unusable, number

COPIES = 4  # one alone may get lost by itself, on a busy machine
_FIRST_PORT, _PORTS = 61000, 4000  # above those that a kernel gives out by itself (32768 to 60999)
_MOST_ROUNDS = 64
_MOST_BYTES = 256


def usual_port(fault_id: str) -> int:
    """The same for all helpers of one fault; two faults beside one victim have different ones."""
    return _FIRST_PORT + zlib.crc32(fault_id.encode()) % _PORTS


class Probes:
    """One socket that sends to and hears from the other helpers of this fault."""

    def __init__(self, fault_id: str, port: object = None) -> None:
        self._id = fault_id
        self.port = usual_port(fault_id) if port is None else int(number(port, "port", 1, 65535))
        self._heard: dict[int, set[str]] = defaultdict(set)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Raises Unusable where the victim itself listens there."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(0)
        try:
            made.bind(("0.0.0.0", self.port))
        except OSError as error:
            made.close()
            raise Unusable(f"port {self.port} for probes is taken: {error}") from error
        self._socket = made

    def close(self) -> None:
        """Nobody is heard any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def descriptors(self) -> tuple[int, ...]:
        """What to listen to."""
        return () if self._socket is None else (self._socket.fileno(),)

    def send(self, request: Mapping[str, Any]) -> None:
        """Datagrams of a round to each address; what may not get out, the kernel refuses at once."""
        assert self._socket is not None
        payload = json.dumps({"id": self._id, "round": _round(request)}).encode()
        peers = [address(peer) for peer in _list(request, "to")]
        for _ in range(COPIES):
            for peer in peers:
                with contextlib.suppress(OSError):
                    self._socket.sendto(payload, (peer, self.port))

    def take(self) -> None:
        """Note who is heard; strangers' datagrams are nobody's."""
        assert self._socket is not None
        while True:
            try:
                data, (peer, _) = self._socket.recvfrom(_MOST_BYTES)
            except OSError:
                return
            round_ = _round_of(data, self._id)
            if round_ is not None:
                self._heard[round_].add(peer)
                while len(self._heard) > _MOST_ROUNDS:
                    del self._heard[min(self._heard)]

    def heard(self, request: Mapping[str, Any]) -> Message:
        """Who was heard in a round until now."""
        self.take()
        round_ = _round(request)
        return {"type": "heard", "round": round_, "from": sorted(self._heard.get(round_, ()))}


def _round(request: Mapping[str, Any]) -> int:
    return int(number(request.get("round"), "round", 0, 1e9))


def _round_of(data: bytes, fault_id: str) -> int | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("id") != fault_id or not isinstance(found.get("round"), int):
        return None
    return int(found["round"])


def _list(request: Mapping[str, Any], name: str) -> list[Any]:
    found = request.get(name)
    if not isinstance(found, list):
        raise Unusable(f"{name} {found!r} is no list")
    return found
