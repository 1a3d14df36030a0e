"""The sockets that the DNS server listens on: UDP and TCP on one port of one address, or a clear reason why
not.

Before: server.start. After: service. Never here: retrying; the caller knows whether a bridge is about to
appear.
"""

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from reconciler.errors import ReconcilerError

Reason = Literal["missing", "taken", "denied", "failed"]

_REASONS: dict[int, tuple[Reason, str]] = {
    errno.EADDRNOTAVAIL: ("missing", "no interface has this address; is the environment's network there?"),
    errno.EADDRINUSE: ("taken", "another program listens there; `ss -lntup` names it"),
    errno.EACCES: ("denied", "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"),
    errno.EPERM: ("denied", "this system does not let us listen there"),
}
_BUFFER_BYTES = 1_048_576
_TCP_SEND_BYTES = 131_072  # what the kernel holds for a client that doesn't read; connections inherit it
_TRIES_FOR_ANY_PORT = 16


class CannotListen(ReconcilerError):
    """The DNS server can't have the address; `reason` is `missing`, `taken`, `denied` or `failed` (anything
    else).
    """

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sockets:
    """One address: its UDP socket, and its TCP socket that accepts connections; both non-blocking."""

    datagrams: socket.socket
    connections: socket.socket

    @property
    def address(self) -> tuple[str, int]:
        """The address and the port, which both sockets share."""
        address, port = self.datagrams.getsockname()
        return str(address), int(port)

    def close(self) -> None:
        self.datagrams.close()
        self.connections.close()


def bind_all(addresses: Sequence[tuple[str, int]]) -> tuple[Sockets, ...]:
    """Sockets for all of `addresses`, or for none; raises CannotListen."""
    bound: list[Sockets] = []
    try:
        for address, port in addresses:
            bound.append(bind(address, port))
    except CannotListen:
        for each in bound:
            each.close()
        raise
    return tuple(bound)


def bind(address: str, port: int) -> Sockets:
    """Both sockets on one port (0: any that is free for both); raises CannotListen."""
    _check(address, port)
    for tries_left in reversed(range(_TRIES_FOR_ANY_PORT if port == 0 else 1)):
        try:
            datagrams = _datagrams(address, port)
        except OSError as error:
            raise _refused(address, port, "UDP", error) from error
        try:
            return Sockets(datagrams, _connections(address, datagrams.getsockname()[1]))
        except OSError as error:
            datagrams.close()
            if not tries_left:
                raise _refused(address, port, "TCP", error) from error
    raise AssertionError("unreachable: the last try returns or raises")


def _check(address: str, port: int) -> None:
    """A host name would be looked up, which a name server can't wait for."""
    try:
        IPv4Address(address)
    except ValueError as error:
        message = f"DNS server: can't listen on {address}:{port}: it takes an IPv4 address, such as 127.0.0.1"
        raise CannotListen(message, "failed") from error


def _datagrams(address: str, port: int) -> socket.socket:
    """Without SO_REUSEADDR, which would let two servers share a UDP port in silence."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        found.bind((address, port))
        found.settimeout(0)
    except OSError:
        found.close()
        raise
    return found


def _connections(address: str, port: int) -> socket.socket:
    """With SO_REUSEADDR: connections of the last run that linger must not keep the next one away."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _TCP_SEND_BYTES)
        found.bind((address, port))
        found.listen(128)
        found.settimeout(0)
    except OSError:
        found.close()
        raise
    return found


def _refused(address: str, port: int, kind: str, error: OSError) -> CannotListen:
    reason, advice = _REASONS.get(error.errno or 0, ("failed", error.strerror or str(error)))
    return CannotListen(f"DNS server: can't listen on {address}:{port} ({kind}): {advice}", reason)
