"""Asking a DNS server one question, as `dns lookup` does: what a program on this machine would be told.

Before: cli. After: the server, over UDP and, where its answer is cut short, over TCP.
"""

import socket
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from reconciler.errors import ReconcilerError

ANSWER_SECONDS = 3.0
_PORT = 53


class NoAnswer(ReconcilerError):
    """The server said nothing that could be read, in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer: `status` is `NOERROR`, `NXDOMAIN` and so on, `records` are (kind, TTL in seconds, value)."""

    status: str
    records: tuple[tuple[str, int, str], ...] = ()


def ask(name: str, kind: str, server: str, *, port: int = _PORT, seconds: float = ANSWER_SECONDS) -> Told:
    """What `server` (IPv4) answers for the whole name. Raises NoAnswer, also for what is no name or no kind."""
    try:
        query = dns.message.make_query(name, kind, use_edns=0, payload=1_232)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0)
            asker.connect((server, port))  # so that a closed port is told at once
            reply, _ = dns.query.udp_with_fallback(query, server, timeout=seconds, port=port, udp_sock=asker)
    except (dns.exception.DNSException, OSError, ValueError) as error:
        late = isinstance(error, dns.exception.Timeout)
        why = "no answer in time" if late else (getattr(error, "strerror", None) or str(error))
        raise NoAnswer(f"{server}:{port}: {why}") from error
    records = tuple(
        (dns.rdatatype.to_text(rrset.rdtype), rrset.ttl, item.to_text()) for rrset in reply.answer for item in rrset
    )
    return Told(status=dns.rcode.to_text(reply.rcode()), records=records)
