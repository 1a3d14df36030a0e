"""Our names: which questions are ours, and which records answer them out of the table.

Before: question. After: records, which writes them; answers, which turns them into messages and keeps them.
An existing name without such records (NODATA) and a missing name (NXDOMAIN) both carry the SOA (RFC 2308).
Never here: sockets, forwarding; an alias that leads elsewhere is given back for others to follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import dns.name

from reconciler.dns import records
from reconciler.dns.answers import AliasOutside, Answer, GroupKey
from reconciler.dns.cache import LargeAnswers
from reconciler.dns.question import Labels, Question, text_labels
from reconciler.dns.reverse import Backwards, ReverseZones
from reconciler.dns.wire import ASKED_NAME, BADVERS, NXDOMAIN, REFUSED, SERVFAIL, name_wire
from reconciler.state.entry import TTL_SECONDS, Entry
from reconciler.state.names import RESERVED_CLUSTERS, WILDCARDS, Match, NameTable

_INTERNET = 1  # the class IN
_MAX_ALIASES = 8
_ALIASED_AT_APEX = (records.A, records.AAAA, records.CNAME, records.ANY)  # where SOA and NS stand beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A name of ours without the domain, the records' `owner` in bytes, and how many aliases led here."""

    name: Labels
    kind: int
    owner: bytes = ASKED_NAME
    aliases: int = 0


class Zone:
    """The names of environment `env` under `domain` (with or without a final dot, in any case), and those that
    somebody registered under other environments of the domain. `servers` are the addresses that we are asked at,
    `subnets` (CIDR) those whose addresses have names here.
    """

    def __init__(self, env: str, domain: str, *, servers: Sequence[str] = (), subnets: Sequence[str] = ()) -> None:
        self.env = env.lower()
        self.domain = text_labels(dns.name.from_text(domain).canonicalize().labels[:-1])
        self._servers = _reachable(servers)
        self._reverse = ReverseZones(subnets, self._servers)
        self._large = LargeAnswers()

    def answer(self, question: Question, table: NameTable) -> Answer | AliasOutside | None:
        """The answer with all its records, in the table's order; None where the question belongs to others."""
        if question.edns > 0:
            return Answer(rcode=BADVERS, authoritative=False)
        if question.rdclass != _INTERNET or question.kind in (records.AXFR, records.IXFR):
            return Answer(rcode=REFUSED, authoritative=False)
        name = self._relative(question.labels, table)
        if name is not None:
            return self._kept_or_named(_Asked(name=name, kind=question.kind), table)
        backwards = self._reverse.find(question.labels)
        if backwards is not None:
            return self._backwards(backwards, question.kind, table)
        if self.unqualified(question.labels, table):
            return Answer(rcode=NXDOMAIN, authoritative=False)
        return None

    def unqualified(self, labels: Labels, table: NameTable) -> bool:
        """`labels` are a name of ours with the zone left out (`webapp`, `webapp1.webapp`).

        Resolvers ask so before they try their search domain. Such names are denied here instead of being asked outside:
        that would tell strangers our names, and make each of them wait for resolvers that a laptop may not reach.
        """
        return bool(labels) and table.match((*labels, self.env)) is not None

    def _relative(self, labels: Labels, table: NameTable) -> Labels | None:
        """The name without the domain, where its environment is ours, a wildcard, or one with registered services."""
        count = len(self.domain)
        name = labels[:-count]
        if not name or labels[-count:] != self.domain:
            return None
        ours = name[-1] == self.env or name[-1] in WILDCARDS or name[-1] in table.environments
        return name if ours else None

    def _kept_or_named(self, asked: _Asked, table: NameTable) -> Answer | AliasOutside:
        kept = self._large.get(asked.name, asked.kind, table)
        if kept is not None:
            return kept
        found = self._named(asked, table)
        if isinstance(found, Answer):
            self._large.put(asked.name, asked.kind, found)
        return found

    def _named(self, asked: _Asked, table: NameTable) -> Answer | AliasOutside:
        name, kind = asked.name, asked.kind
        if len(name) > 1 and name[-2] in RESERVED_CLUSTERS:
            return self._own(asked, table)
        apex = len(name) == 1
        if apex and kind in (records.SOA, records.NS):
            return self._authority_of((name[-1], *self.domain), name[-1], kind, table)
        found = table.match(name)
        if found is None and not apex:
            return self._denied(asked, table, NXDOMAIN)
        found, foreign = self._with_whole_hosts(found or Match(), table)
        given, additional = self._records(asked, found)
        if given:
            return Answer(records=given, additional=additional, group=None if foreign else self._group(name))
        alias = records.only_alias(found.entries)
        if alias is not None and (not apex or kind in _ALIASED_AT_APEX):
            return self._aliased(asked, *alias, table)
        if apex and kind == records.ANY:
            return self._authority_of((name[-1], *self.domain), name[-1], records.SOA, table)
        denied = self._denied(asked, table, 0)
        return replace(denied, group=None) if foreign else denied

    def _with_whole_hosts(self, found: Match, table: NameTable) -> tuple[Match, bool]:
        """`found` with short names of ours that somebody gave as hosts completed by our zone, as a search domain does;
        and whether it has any host names: then it depends on more than its own group.
        """
        if all(entry.address is not None for entry in (*found.entries, *found.elsewhere)):
            return found, False

        def whole(entry: Entry) -> Entry:
            labels = records.host_labels(entry)
            if labels is None or not self.unqualified(labels, table):
                return entry
            return replace(entry, target=".".join((*labels, self.env, *self.domain)))

        inside, elsewhere = map(whole, found.entries), map(whole, found.elsewhere)
        return Match(entries=tuple(inside), elsewhere=tuple(elsewhere)), True

    def _records(self, asked: _Asked, found: Match) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Those of the asked type, and additional ones."""
        if asked.kind in (records.A, records.ANY):
            return records.addresses(found.entries, asked.owner), ()
        if asked.kind == records.SRV:
            return records.services(found, self.domain)
        if asked.kind == records.TXT:
            return records.texts(found.entries), ()
        return (), ()

    def _aliased(self, asked: _Asked, target: Labels, ttl_seconds: int, table: NameTable) -> Answer | AliasOutside:
        """The alias, and what is found where it leads."""
        chain = (records.alias(target, ttl_seconds, asked.owner),)
        if asked.kind in (records.CNAME, records.ANY):
            return Answer(chain=chain)
        name = self._relative(target, table)
        if name is None:
            backwards = self._reverse.find(target)
            if backwards is None:
                return AliasOutside(chain=chain, target=target)
            answer = self._backwards(backwards, asked.kind, table, name_wire(target))
            return replace(answer, chain=chain)
        if asked.aliases == _MAX_ALIASES:  # a circle, or nearly so long that nobody can have meant it
            return Answer(rcode=SERVFAIL, authoritative=False)
        further = _Asked(name=name, kind=asked.kind, owner=name_wire(target), aliases=asked.aliases + 1)
        found = self._named(further, table)
        if isinstance(found, AliasOutside):
            return replace(found, chain=chain + found.chain)
        return found if found.rcode == SERVFAIL else replace(found, chain=chain + found.chain, group=None)

    def _own(self, asked: _Asked, table: NameTable) -> Answer:
        """The name server's own name, `ns.dns.<env>`, and `dns.<env>`, which only lies between."""
        left = asked.name[:-2]
        if left == ("ns",) and asked.kind in (records.A, records.ANY) and self._servers:
            return Answer(records=tuple(records.address_record(each, asked.owner) for each in self._servers))
        return self._denied(asked, table, 0 if left in ((), ("ns",)) else NXDOMAIN)

    def _backwards(self, asked: Backwards, kind: int, table: NameTable, owner: bytes = ASKED_NAME) -> Answer:
        if asked.apex and kind in (records.SOA, records.NS, records.ANY):
            return self._authority_of(asked.zone, self.env, kind, table)
        found = self._pointers(asked.address, table) if asked.address is not None else ()
        if found and kind in (records.PTR, records.ANY):
            return Answer(records=tuple(owner + pointer.removeprefix(ASKED_NAME) for pointer in found))
        exists = asked.apex or asked.between or bool(found)
        return Answer(rcode=0 if exists else NXDOMAIN, authority=(self._soa(asked.zone, self.env, table),))

    def _pointers(self, address: str, table: NameTable) -> tuple[bytes, ...]:
        if address in self._servers:
            return (records.pointer(("ns", "dns", self.env, *self.domain)),)
        return records.pointers(table.at(address), self.domain)

    def _authority_of(self, zone: Labels, env: str, kind: int, table: NameTable) -> Answer:
        """A zone's NS with the server's addresses, else its SOA."""
        if kind != records.NS:
            return Answer(records=(self._soa(zone, env, table, TTL_SECONDS),))
        name = ("ns", "dns", env, *self.domain)
        where = tuple(records.address_record(each, name_wire(name)) for each in self._servers)
        return Answer(records=(records.server(zone, name),), additional=where)

    def _denied(self, asked: _Asked, table: NameTable, rcode: int) -> Answer:
        env = asked.name[-1]
        soa = self._soa((env, *self.domain), env, table)
        return Answer(rcode=rcode, authority=(soa,), group=self._group(asked.name))

    def _soa(self, zone: Labels, env: str, table: NameTable, ttl_seconds: int = records.NEGATIVE_TTL_SECONDS) -> bytes:
        return records.start_of_authority(zone, (env, *self.domain), table.serial, ttl_seconds)

    def _group(self, name: Labels) -> GroupKey | None:
        """What decides alone on what a name of our environment answers; None where more does."""
        one = len(name) > 1 and name[-1] == self.env and name[-2] not in WILDCARDS
        return (name[-1], name[-2]) if one else None


def _reachable(servers: Sequence[str]) -> tuple[str, ...]:
    """Those of our addresses that can be given to others: loopback only where there is no other."""
    given = [address for address in dict.fromkeys(servers) if address != "0.0.0.0"]
    outside = [address for address in given if not address.startswith("127.")]
    return tuple(outside or given)
