"""Our zone: which questions are ours, and what the table answers to them.

Before: wire (plain questions only). After: answers, which turns the message into bytes and keeps them.
No existing name but one without such records (NODATA) and a missing name (NXDOMAIN) both carry the SOA (RFC
2308).
Never here: sockets, forwarding. This module imports the DNS library, so import it only where a server starts.
"""

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from reconciler.dns.wire import MAX_UDP
from reconciler.state.names import NameTable

TTL_SECONDS = 5
NEGATIVE_TTL_SECONDS = 1  # a name that is missing now may be ready in a moment
MAX_ADDRESSES = 4_000  # what 64 KiB hold at 16 bytes each

_ADDRESS_TYPES = (dns.rdatatype.A, dns.rdatatype.ANY)
_TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)


class Zone:
    """The names of environment `env` under `domain` (with or without a final dot, in any case)."""

    def __init__(self, env: str, domain: str) -> None:
        self.env = env
        self.domain = dns.name.from_text(domain).canonicalize()
        self.origin = dns.name.from_text(f"{env}.{domain}").canonicalize()

    def relative(self, name: dns.name.Name) -> tuple[str, ...] | None:
        """`name` without the domain, lower case, as labels; None where it isn't in our zone."""
        if not name.is_subdomain(self.origin):
            return None
        return _labels(name.canonicalize().labels[: -len(self.domain.labels)])

    def unqualified(self, name: dns.name.Name, table: NameTable) -> bool:
        """`name` is one of ours with the zone left out (`webapp`, `webapp1.webapp`).

        Resolvers ask so before they try their search domain. Such names are denied here instead of being
        asked outside: that would tell strangers our names, and make each of them wait for resolvers that a
        laptop may not reach.
        """
        labels = _labels(name.canonicalize().labels[:-1])
        return bool(labels) and table.match((*labels, self.env)) is not None

    def answer(self, query: dns.message.Message, table: NameTable) -> dns.message.Message | None:
        """The answer with all its records, in the table's order; None where the question belongs to
        others.
        """
        question = query.question[0]
        response = dns.message.make_response(query, recursion_available=True, our_payload=MAX_UDP)
        if query.edns > 0:
            response.set_rcode(dns.rcode.BADVERS)
            return response
        if question.rdclass != dns.rdataclass.IN or question.rdtype in _TRANSFERS:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        name = self.relative(question.name)
        if name is not None:
            self._fill(response, name, table)
            return response
        if self.unqualified(question.name, table):
            response.set_rcode(dns.rcode.NXDOMAIN)
            return response
        return None

    def _fill(self, response: dns.message.Message, name: tuple[str, ...], table: NameTable) -> None:
        response.flags |= dns.flags.AA
        question = response.question[0]
        found = table.match(name)
        addresses = list(dict.fromkeys(entry.address for entry in found.entries if entry.address)) if found else []
        if addresses and question.rdtype in _ADDRESS_TYPES:
            kept = addresses[:MAX_ADDRESSES]
            response.answer.append(dns.rrset.from_text_list(question.name, TTL_SECONDS, "IN", "A", kept))
        elif len(name) == 1 and question.rdtype in (dns.rdatatype.SOA, dns.rdatatype.ANY):
            response.answer.append(self._soa(table, TTL_SECONDS))
        else:
            if found is None and len(name) > 1:
                response.set_rcode(dns.rcode.NXDOMAIN)
            response.authority.append(self._soa(table, NEGATIVE_TTL_SECONDS))

    def _soa(self, table: NameTable, ttl_seconds: int) -> dns.rrset.RRset:
        """The zone's SOA: serial, refresh, retry, expire, and how long a denial may be kept."""
        serial = table.serial % 2**32
        values = f"{self.origin} hostmaster.{self.origin} {serial} 60 10 600 {NEGATIVE_TTL_SECONDS}"
        return dns.rrset.from_text(self.origin, ttl_seconds, "IN", "SOA", values)


def _labels(labels: tuple[bytes, ...]) -> tuple[str, ...]:
    """Labels are any bytes; only those that are text of ours can match."""
    return tuple(label.decode("latin-1") for label in labels)
