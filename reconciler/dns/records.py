"""Entries as the records of each type, in bytes.

Before: zone, which found the entries. After: answers. Shares and targets of SRV are SkyDNS v1's (server/server.go):
priority 10 in the asked zone and 20 elsewhere, weight 100 divided by the number of records of one priority.
Never here: which question gets which records. What has no name that DNS can carry is left out.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from socket import inet_aton

from reconciler.dns.wire import ASKED_NAME, Malformed, name_wire, record
from reconciler.state.entry import NO_LABEL, TTL_SECONDS, Entry
from reconciler.state.names import Match

A, NS, CNAME, SOA, PTR, TXT, AAAA, SRV, IXFR, AXFR, ANY = 1, 2, 5, 6, 12, 16, 28, 33, 251, 252, 255

NEGATIVE_TTL_SECONDS = 1  # a name that is missing now may be ready in a moment
MAX_RECORDS = 4_094  # what 64 KiB hold of the shortest, 16 bytes each
INSIDE, ELSEWHERE = 10, 20

_SRV = struct.Struct("!HHH")
_SOA = struct.Struct("!IIIII")
SERIAL_FROM_END = _SOA.size  # the serial's place in an SOA record: its last five numbers begin with it
_STRING_BYTES = 255
_MAX_STRINGS = 4
_MAX_PORT = 65_535
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")

Labels = tuple[str, ...]


def addresses(entries: Iterable[Entry], owner: bytes = ASKED_NAME) -> tuple[bytes, ...]:
    """An A record for each address, with the least time to live of all."""
    known = [entry for entry in entries if entry.address is not None]
    each_once = list(dict.fromkeys(entry.target for entry in known))[:MAX_RECORDS]
    ttl_seconds = _least_ttl(known)
    return tuple(address_record(address, owner, ttl_seconds) for address in each_once)


def address_record(address: str, owner: bytes = ASKED_NAME, ttl_seconds: int = TTL_SECONDS) -> bytes:
    return record(owner, A, ttl_seconds, inet_aton(address))


def only_alias(entries: Sequence[Entry]) -> tuple[Labels, int] | None:
    """The host name that all of `entries` lead to, as labels, and its time to live; None where it isn't so."""
    if not entries or len({entry.target for entry in entries}) > 1:
        return None
    host = host_labels(entries[0])
    return None if host is None else (host, _least_ttl(entries))


def host_labels(entry: Entry) -> Labels | None:
    """The host name that an entry leads to; None where that is an address, or nothing that could be a name."""
    if entry.address is not None or not _HOST.fullmatch(entry.target):
        return None
    labels = tuple(entry.target.lower().rstrip(".").split("."))
    return labels if _nameable(labels) else None


def alias(target: Labels, ttl_seconds: int, owner: bytes) -> bytes:
    return record(owner, CNAME, ttl_seconds, name_wire(target))


def services(match: Match, domain: Labels) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """An SRV record for each port of each entry, and the addresses of the targets that are names of this domain."""
    ttl_seconds = _least_ttl([*match.entries, *match.elsewhere])
    found = [
        *_of_priority(INSIDE, match.entries, domain, ttl_seconds),
        *_of_priority(ELSEWHERE, match.elsewhere, domain, ttl_seconds),
    ][:MAX_RECORDS]
    additional = dict.fromkeys(where for _, where in found if where)
    return tuple(dict.fromkeys(service for service, _ in found)), tuple(additional)


def own_name(entry: Entry, domain: Labels) -> Labels | None:
    """A name that leads to this entry alone: the short one for ours, which answers before they are ready; all six
    labels for what was registered, `any` where it gave none: a wildcard that is also a proper host name.
    """
    full = (*(label if label != NO_LABEL else "any" for label in entry.labels), *domain)
    short = (*entry.short, *domain)
    choices = (short,) if entry.managed else (full, short)
    return next((labels for labels in choices if _nameable(labels)), None)


def texts(entries: Iterable[Entry]) -> tuple[bytes, ...]:
    """What is said of each entry, in strings of up to 255 bytes, at most four."""
    telling = [entry for entry in entries if entry.detail]
    ttl_seconds = _least_ttl(telling)
    each_once = list(dict.fromkeys(entry.detail for entry in telling))[:MAX_RECORDS]
    return tuple(record(ASKED_NAME, TXT, ttl_seconds, _strings(detail)) for detail in each_once)


def pointers(entries: Iterable[Entry], domain: Labels) -> tuple[bytes, ...]:
    """A PTR record for each name that leads to one of `entries` alone."""
    entries = tuple(entries)
    named = dict.fromkeys(name for entry in entries if (name := own_name(entry, domain)) is not None)
    return tuple(record(ASKED_NAME, PTR, _least_ttl(entries), name_wire(name)) for name in named)


def pointer(name: Labels) -> bytes:
    return record(ASKED_NAME, PTR, TTL_SECONDS, name_wire(name))


def server(owner: Labels, name: Labels) -> bytes:
    """The NS record of a zone."""
    return record(name_wire(owner), NS, TTL_SECONDS, name_wire(name))


def start_of_authority(owner: Labels, within: Labels, serial: int, ttl_seconds: int) -> bytes:
    """A zone's SOA: its server and the keeper's mailbox lie in the zone `within`; then serial, refresh, retry, expire,
    and how long a denial may be kept.
    """
    names = name_wire(("ns", "dns", *within)) + name_wire(("hostmaster", *within))
    numbers = _SOA.pack(serial % 2**32, 60, 10, 600, NEGATIVE_TTL_SECONDS)
    return record(name_wire(owner), SOA, ttl_seconds, names + numbers)


def _of_priority(
    priority: int, entries: Sequence[Entry], domain: Labels, ttl_seconds: int
) -> list[tuple[bytes, bytes]]:
    """The records of one priority, each with its target's address; that is empty where others answer for the target."""
    targets = [(name_wire(target), entry) for entry in entries if (target := _target(entry, domain)) is not None]
    ports = [(target, entry, port) for target, entry in targets for port in entry.ports if 0 < port <= _MAX_PORT]
    weight = max(1, 100 // len(ports)) if ports else 0
    return [
        (
            record(ASKED_NAME, SRV, ttl_seconds, _SRV.pack(priority, weight, port) + target),
            address_record(entry.target, target, ttl_seconds) if entry.address is not None else b"",
        )
        for target, entry, port in ports
    ]


def _target(entry: Entry, domain: Labels) -> Labels | None:
    return host_labels(entry) if entry.address is None else own_name(entry, domain)


def _strings(detail: str) -> bytes:
    raw = detail.encode("utf-8", errors="replace")[: _STRING_BYTES * _MAX_STRINGS]
    parts = [raw[at : at + _STRING_BYTES] for at in range(0, len(raw), _STRING_BYTES)]
    return b"".join(bytes((len(part),)) + part for part in parts)


def _least_ttl(entries: Sequence[Entry]) -> int:
    return min((entry.ttl_seconds for entry in entries), default=TTL_SECONDS)


def _nameable(labels: Labels) -> bool:
    try:
        name_wire(labels)
    except Malformed:
        return False
    return True
