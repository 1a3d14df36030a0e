"""Names of addresses (`11.0.5.10.in-addr.arpa`): which of them are ours to answer (RFC 1035, section 3.5).

Before: zone. After: nothing. Names of our own private network say nothing to strangers and are never passed on.
Never here: who has an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network

Labels = tuple[str, ...]
SUFFIX = ("in-addr", "arpa")

_OCTETS = {str(number): number for number in range(256)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backwards:
    """A name of ours below `in-addr.arpa`: `zone` is the origin of its SOA, `address` what it stands for.

    Without an address it is the zone itself (`apex`), lies between the zone and addresses (`between`), or can't exist.
    """

    zone: Labels
    address: str | None = None
    apex: bool = False
    between: bool = False


class ReverseZones:
    """The networks `subnets` (CIDR), and single addresses, which are the server's own."""

    def __init__(self, subnets: Sequence[str], addresses: Sequence[str]) -> None:
        found = (ip_network(subnet, strict=False) for subnet in subnets)
        self._networks = tuple(network for network in found if isinstance(network, IPv4Network))
        self._addresses = frozenset(addresses)

    def find(self, labels: Labels) -> Backwards | None:
        """What this name is to us; None where it belongs to others."""
        if labels[-2:] != SUFFIX:
            return None
        octets = labels[-3::-1]
        address = ".".join(octets) if len(octets) == 4 and all(octet in _OCTETS for octet in octets) else None
        if address in self._addresses:
            return Backwards(zone=_zone(octets, 3), address=address)
        for network in self._networks:
            cut = min(max(-(-network.prefixlen // 8), 1), 3)
            if _within(octets, cut, network):
                apex = len(octets) == cut
                between = cut < len(octets) < 4 and all(octet in _OCTETS for octet in octets)
                return Backwards(zone=_zone(octets, cut), address=address, apex=apex, between=between)
        return None


def _within(octets: Labels, cut: int, network: IPv4Network) -> bool:
    """All of what the name stands for lies in the network; whole octets decide, or the address in a small network."""
    known = octets[:4] if cut * 8 < network.prefixlen else octets[:cut]
    if len(known) < cut or not all(octet in _OCTETS for octet in known):
        return False
    if cut * 8 < network.prefixlen:
        return len(known) == 4 and IPv4Address(".".join(known)) in network
    return IPv4Address(".".join((*known, *("0",) * (4 - len(known))))) in network


def _zone(octets: Labels, cut: int) -> Labels:
    return (*reversed(octets[:cut]), *SUFFIX)
