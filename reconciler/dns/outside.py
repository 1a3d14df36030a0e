"""What the host's resolvers are asked for: questions that aren't ours, as they came, and where an alias of ours leads.

Before: resolver. After: service, which has the packet sent and gives the answer back through `finish`.
Never here: sockets.
"""

import logging
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype

from reconciler.dns.answers import AliasOutside, Answer, prepare
from reconciler.dns.question import Question
from reconciler.dns.wire import MAX_MESSAGE, MAX_UDP, MIN_UDP, SERVFAIL, failure, name_wire, record, truncated

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """`packet` is what to ask. `asked` came from a client, who takes an answer of `limit` bytes; it is the same packet
    but where `alias` leads from the question to the packet's.
    """

    asked: bytes
    packet: bytes
    question: Question
    limit: int
    alias: AliasOutside | None = None

    def failed(self) -> bytes:
        """The answer where nobody could be asked."""
        return failure(self.asked, SERVFAIL)

    def finish(self, reply: bytes) -> bytes:
        """The client's answer, out of a resolver's reply to `packet`."""
        if self.alias is None:
            return reply if len(reply) <= self.limit else truncated(self.asked, reply)
        try:
            return self._joined(dns.message.from_wire(reply), self.alias)
        except dns.exception.DNSException as error:
            _log.debug("DNS server: a resolver's reply can't be read: %s", error)
            return self.failed()

    def _joined(self, reply: dns.message.Message, alias: AliasOutside) -> bytes:
        found = tuple(
            record(rrset.name.to_wire() or b"", rrset.rdtype, rrset.ttl, rdata.to_wire() or b"")
            for rrset in reply.answer
            if rrset.rdclass == dns.rdataclass.IN
            for rdata in rrset
        )
        answer = Answer(rcode=int(reply.rcode()) & 0x0F, authoritative=False, chain=alias.chain + found)
        prepared = prepare(answer, self.question, self.limit)
        head = bytearray(prepared.head)
        if reply.flags & dns.flags.TC:
            head[0] |= 0x02
        return self.asked[:2] + bytes(head) + prepared.tail


def follow(packet: bytes, question: Question, alias: AliasOutside | None, *, tcp: bool) -> Outside:
    """What to ask for `question`, which came in `packet`: it itself, or where the alias leads."""
    if alias is None:
        limit = MAX_MESSAGE if tcp else max(MIN_UDP, question.payload)
        return Outside(asked=packet, packet=packet, question=question, limit=limit)
    target = dns.name.from_wire(name_wire(alias.target), 0)[0]
    query = dns.message.make_query(target, dns.rdatatype.RdataType(question.kind), use_edns=0, payload=MAX_UDP)
    limit = question.limit(tcp=tcp)
    return Outside(asked=packet, packet=query.to_wire(), question=question, limit=limit, alias=alias)
