"""What to do with one packet: drop it, answer it at once, or forward it. No sockets, no waiting.

Before: service, which read the packet. After: zone and answers for what is ours; service forwards the rest.
Never here: an exception for anything that a client can send.
"""

import logging
import random
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import dns.exception
import dns.message

from reconciler.dns.answers import Cache, prepare
from reconciler.dns.wire import (
    FORMERR,
    MAX_MESSAGE,
    MAX_QUESTION,
    MAX_UDP,
    MIN_UDP,
    NOTIMP,
    REFUSED,
    SERVFAIL,
    Malformed,
    failure,
    is_question,
    opcode,
    question_end,
)
from reconciler.dns.zone import Zone
from reconciler.state.names import NameTable

_log = logging.getLogger(__name__)
_MAX_CLIENTS_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Outside:
    """A question for the host's resolvers; its answer over UDP may have `limit` bytes."""

    packet: bytes
    limit: int


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


class Resolver:
    """Answers out of `table()`, whichever table that is at the moment. `counts` says what became of the
    packets.
    """

    def __init__(self, zone: Zone, table: Callable[[], NameTable], access: Access, rng: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._zone = zone
        self._table = table
        self._access = access
        self._rng = rng
        self._over_udp, self._over_tcp = Cache(), Cache()

    def reply(self, packet: bytes, client: str, *, tcp: bool) -> bytes | Outside | None:
        """The answer's bytes, a question to forward, or None: nothing is to be said."""
        if not is_question(packet):
            return self._counted("dropped", None)
        if not self._access.allows(client):
            return self._counted("refused", failure(packet, REFUSED))
        try:
            table = self._table()
            cache = self._over_tcp if tcp else self._over_udp
            if (cached := cache.get(packet, table)) is not None:
                self.counts["answered"] += 1
                return cached.wire(packet[:2], self._rng)
            return self._answer(packet, table, cache, tcp=tcp)
        except (Malformed, dns.exception.DNSException):
            return self._counted("malformed", failure(packet, FORMERR))
        except Exception:  # noqa: BLE001  the crash boundary: no packet may end the thread that answers all others
            if not self.counts["crashed"]:
                _log.exception("DNS server: a question of %s could not be answered (said once)", client)
            return self._counted("crashed", failure(packet, SERVFAIL))

    def _answer(self, packet: bytes, table: NameTable, cache: Cache, *, tcp: bool) -> bytes | Outside:
        if opcode(packet):
            return failure(packet, NOTIMP)
        if len(packet) > MAX_QUESTION:
            raise Malformed("longer than any honest question")
        question_end(packet)
        query = dns.message.from_wire(packet)
        limit = MAX_MESSAGE if tcp else min(MAX_UDP, max(MIN_UDP, query.payload))
        response = self._zone.answer(query, table)
        if response is None:
            self.counts["forwarded"] += 1
            return Outside(packet, MAX_MESSAGE if tcp else max(MIN_UDP, query.payload))
        prepared = prepare(response, limit)
        cache.put(packet, prepared)
        self.counts["answered"] += 1
        return prepared.wire(packet[:2], self._rng)

    def _counted(self, what: str, answer: bytes | None) -> bytes | None:
        self.counts[what] += 1
        return answer
