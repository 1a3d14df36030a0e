"""What to do with one packet: drop it, answer it at once, or have others asked. No sockets, no waiting.

Before: service, which read the packet. After: zone and answers for what is ours; service has the rest forwarded.
Never here: an exception for anything that a client can send.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable

import dns.exception

from reconciler.dns.access import Access
from reconciler.dns.answers import AliasOutside, prepare
from reconciler.dns.cache import Cache
from reconciler.dns.outside import Outside, follow
from reconciler.dns.question import read_question
from reconciler.dns.wire import FORMERR, NOTIMP, REFUSED, SERVFAIL, Malformed, failure, is_question, opcode
from reconciler.dns.zone import Zone
from reconciler.state.names import NameTable

_log = logging.getLogger(__name__)


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
        question = cache.question(packet) or read_question(packet)
        found = self._zone.answer(question, table)
        if found is None or isinstance(found, AliasOutside):
            self.counts["forwarded"] += 1
            return follow(packet, question, found, tcp=tcp)
        prepared = prepare(found, question, question.limit(tcp=tcp))
        cache.put(packet, question, prepared, found.group)
        self.counts["answered"] += 1
        return prepared.wire(packet[:2], self._rng)

    def _counted(self, what: str, answer: bytes | None) -> bytes | None:
        self.counts[what] += 1
        return answer
