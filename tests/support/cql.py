"""As much of Cassandra's native protocol (version 4) as a test needs: one statement, its consistency, its rows.

Before: an address that answers on 9042. After: end-to-end tests. Values come back as the bytes that they are on the
wire; nothing is prepared, paged, retried or sent to another node, so that a test sees what this one node does.
"""

import socket
import struct
from types import TracebackType
from typing import Self

PORT = 9042
ONE, QUORUM, ALL = 1, 4, 5
_VERSION, _STARTUP, _QUERY, _ERROR = 4, 1, 7, 0
_ROWS = 2
_GLOBAL, _MORE_PAGES = 1, 2
_CUSTOM, _LIST, _MAP, _SET, _UDT, _TUPLE = 0x00, 0x20, 0x21, 0x22, 0x30, 0x31


class Refused(Exception):
    """The node answered with an error."""


class Reader:
    """Reads the protocol's notations from a body."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at = body, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f">{form}", self.body, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def take(self, length: int) -> bytes:
        self.at += length
        return self.body[self.at - length : self.at]

    def text(self) -> str:
        return self.take(self.number("H")).decode()

    def value(self) -> bytes | None:
        length = self.number("i")
        return None if length < 0 else self.take(length)

    def skip_type(self) -> None:
        kind = self.number("H")
        if kind == _CUSTOM:
            self.text()
        elif kind in {_LIST, _SET}:
            self.skip_type()
        elif kind == _MAP:
            self.skip_type()
            self.skip_type()
        elif kind in {_UDT, _TUPLE}:
            raise NotImplementedError("rows with tuples or types of one's own")


class Cql:
    """One connection to one node."""

    def __init__(self, address: str, seconds: float = 10.0) -> None:
        self.socket = socket.create_connection((address, PORT), timeout=seconds)
        self._call(_STARTUP, struct.pack(">HH11sH5s", 1, 11, b"CQL_VERSION", 5, b"3.0.0"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    def run(self, statement: str, consistency: int = ONE) -> list[list[bytes | None]]:
        """The rows; raises Refused or OSError."""
        text = statement.encode()
        reader = Reader(self._call(_QUERY, struct.pack(">i", len(text)) + text + struct.pack(">HB", consistency, 0)))
        return _rows(reader) if reader.number("i") == _ROWS else []

    def _call(self, operation: int, body: bytes) -> bytes:
        self.socket.sendall(struct.pack(">BBhBi", _VERSION, 0, 0, operation, len(body)) + body)
        _, _, _, answer, length = struct.unpack(">BBhBi", self._receive(9))
        content = self._receive(length)
        if answer == _ERROR:
            reader = Reader(content)
            raise Refused(f"{reader.number('i'):#06x}: {reader.text()}")
        return content

    def _receive(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self.socket.recv(length - len(parts))
            if not part:
                raise ConnectionError("the node hung up")
            parts += part
        return bytes(parts)


def _rows(reader: Reader) -> list[list[bytes | None]]:
    flags, columns = reader.number("i"), reader.number("i")
    if flags & _MORE_PAGES:
        raise NotImplementedError("more than one page")
    if flags & _GLOBAL:
        reader.text()
        reader.text()
    for _ in range(columns):
        if not flags & _GLOBAL:
            reader.text()
            reader.text()
        reader.text()
        reader.skip_type()
    return [[reader.value() for _ in range(columns)] for _ in range(reader.number("i"))]
