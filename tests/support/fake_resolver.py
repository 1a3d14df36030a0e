"""A resolver on loopback, over UDP and TCP, whose answers a test decides: honest, silent, lying, too long.

Before: a test's `Say`. After: the DNS server's forwarding, which must cope. Nothing here leaves this machine.
"""

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Self

import dns.message
import dns.rrset

from reconciler.dns.listen import bind

Say = Callable[[bytes, bool], Sequence[bytes]]


def address_answer(packet: bytes, address: str = "192.0.2.7", count: int = 1) -> bytes:
    """An honest answer to `packet` with `count` addresses, the first being `address`."""
    query = dns.message.from_wire(packet)
    response = dns.message.make_response(query, recursion_available=True)
    addresses = [address, *(f"198.51.{n // 250}.{n % 250}" for n in range(1, count))]
    response.answer.append(dns.rrset.from_text_list(query.question[0].name, 60, "IN", "A", addresses))
    return response.to_wire(max_size=65_535)


class FakeResolver:
    """Use as a context manager. `say(packet, over_tcp)` gives the messages to send back, none for silence."""

    def __init__(self, say: Say, address: str = "127.0.0.1", port: int = 0) -> None:
        self._say = say
        self._sockets = bind(address, port)
        self.asked: list[tuple[bytes, bool]] = []
        self.senders: list[tuple[str, int]] = []
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve_datagrams),
            threading.Thread(target=self._serve_connections),
        ]

    @property
    def text(self) -> str:
        """Its address as an upstream is written."""
        address, port = self._sockets.address
        return f"{address}:{port}"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self._sockets.close()

    def _serve_datagrams(self) -> None:
        mine = self._sockets.datagrams
        mine.settimeout(0.02)
        while not self._ending.is_set():
            try:
                packet, sender = mine.recvfrom(65_535)
            except TimeoutError:
                continue
            self.asked.append((packet, False))
            self.senders.append(sender)
            for reply in self._say(packet, False):
                mine.sendto(reply, sender)

    def _serve_connections(self) -> None:
        mine = self._sockets.connections
        mine.settimeout(0.02)
        while not self._ending.is_set():
            try:
                connection, _ = mine.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(2.0)
                packet = read_frame(connection)
                self.asked.append((packet, True))
                for reply in self._say(packet, True):
                    connection.sendall(struct.pack("!H", len(reply)) + reply)


def read_frame(connection: socket.socket) -> bytes:
    """One message behind its two bytes of length; empty where the connection ended instead."""
    length = _read(connection, 2)
    return _read(connection, struct.unpack("!H", length)[0]) if len(length) == 2 else b""


def _read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := connection.recv(count - len(found))):
        found += more
    return found
