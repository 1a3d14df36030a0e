"""Who may ask.

Before: resolver, with the sender of each packet. After: nothing. Never here: what is answered.
"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

_MAX_CLIENTS_REMEMBERED = 4_096


class Access:
    """Who may ask: loopback, this host's own addresses and the given subnets (CIDR); nobody else, not even our names.

    (The host's questions to the gateway are masqueraded by Docker's rules, so they may come from
    any of its addresses.)
    """

    def __init__(self, subnets: Sequence[str]) -> None:
        self._networks = tuple(ip_network(subnet) for subnet in ("127.0.0.0/8", *subnets))
        self._known: dict[str, bool] = {}

    def allows(self, client: str) -> bool:
        known = self._known.get(client)
        if known is None:
            if len(self._known) >= _MAX_CLIENTS_REMEMBERED:
                self._known.clear()
            allowed = any(ip_address(client) in network for network in self._networks)
            known = self._known[client] = allowed or _is_of_this_host(client)
        return known


def _is_of_this_host(address: str) -> bool:
    """Only an address of this host can be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
