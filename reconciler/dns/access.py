"""Who may ask.

Before: resolver and skydns.serving, with the sender of each packet or connection. After: nothing.
Never here: what is answered.
"""

import fcntl
import logging
import socket
import struct
import time
from array import array
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network

_MAX_CLIENTS_REMEMBERED = 4_096
_HOLD_SECONDS = 2.0  # networks come and go with their environments; asking the kernel costs some microseconds
_SIOCGIFCONF = 0x8912
_IFREQ = 40 if struct.calcsize("P") == 8 else 32  # bytes of a `struct ifreq`
_ADDRESS_AT = 20  # in it, behind an interface's name (16), the address family (2) and a port (2)
_FIRST_INTERFACES, _MOST_INTERFACES = 128, 65_536

_log = logging.getLogger(__name__)


class Access:
    """Who may ask: loopback, this host's own addresses and the given subnets (CIDR); nobody else, not even our names.

    (The host's questions to the gateway are masqueraded by Docker's rules, so they may come from
    any of its addresses.) `clock` gives monotonic seconds: a host's addresses come and go, so what is known of them
    holds for 2 s only.
    """

    def __init__(self, subnets: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._networks = tuple(ip_network(subnet) for subnet in ("127.0.0.0/8", *subnets))
        self._clock = clock
        self._known: dict[str, bool] = {}
        self._own: frozenset[str] = frozenset()
        self._own_until = float("-inf")

    def allows(self, client: str) -> bool:
        known = self._known.get(client)
        if known is None:
            if len(self._known) >= _MAX_CLIENTS_REMEMBERED:
                self._known.clear()
            known = self._known[client] = any(ip_address(client) in network for network in self._networks)
        return known or client in self._addresses()

    def _addresses(self) -> frozenset[str]:
        now = self._clock()
        if now >= self._own_until:
            self._own, self._own_until = addresses_of_this_host(), now + _HOLD_SECONDS
        return self._own


def addresses_of_this_host() -> frozenset[str]:
    """The IPv4 addresses of all interfaces of this network namespace, second ones and aliases too; none where the
    kernel doesn't tell, so that nobody is let in by mistake.

    That an address can be bound proves nothing: under `net.ipv4.ip_nonlocal_bind` every one can. Nor is it the source
    that the kernel chooses towards it: for a second address of an interface that is the first. Source: netdevice(7).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        count = _FIRST_INTERFACES
        while True:
            try:
                found = _listed(asking, count)
            except OSError as error:
                _log.warning("DNS server: this host's own addresses are unknown, so it may not ask: %s", error)
                return frozenset()
            if len(found) < count or count >= _MOST_INTERFACES:
                return frozenset(found)
            count *= 4  # the list may have been cut off


def _listed(asking: socket.socket, count: int) -> list[str]:
    """The first `count` addresses; raises OSError."""
    room = array("B", bytes(count * _IFREQ))
    given = fcntl.ioctl(asking, _SIOCGIFCONF, struct.pack("iP", len(room), room.buffer_info()[0]))
    used: int = struct.unpack("iP", given)[0]
    return [socket.inet_ntoa(room[at : at + 4]) for at in range(_ADDRESS_AT, used, _IFREQ)]
