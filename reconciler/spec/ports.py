"""One entry of `ports`: 8080, "8080/udp", "8081:8080", "127.0.0.1:8081:8080", "8081-8084:8080" become a Port.

Before: build. After: nothing. The host is the loopback address unless the entry says another one.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from reconciler.spec.cluster import Port, Protocol
from reconciler.spec.report import quoted

_ENTRY = re.compile(
    r"(?:(?:(?P<ip>\[[0-9a-fA-F:]+\]|[0-9.]+):)?(?P<first>[0-9]{1,7})(?:-(?P<last>[0-9]{1,7}))?:)?"
    r"(?P<container>[0-9]{1,7})(?:/(?P<protocol>[a-z]+))?"
)
_FIX = 'write 8080, "8081:8080", "127.0.0.1:8081:8080" or "8081-8083:8080", with /udp if need be'
_HIGHEST = 65535


@dataclass(frozen=True, slots=True)
class BadEntryError(Exception):
    """What is wrong with the entry and what to do."""

    problem: str
    fix: str


def parse_port(entry: int | str) -> Port:
    """The Port of an entry. Raises BadEntryError."""
    match = _ENTRY.fullmatch(str(entry))
    if match is None:
        raise BadEntryError(f"{quoted(entry)} is not a port", _FIX)
    protocol = match["protocol"] or "tcp"
    if protocol not in ("tcp", "udp"):
        raise BadEntryError(f"{quoted(protocol)} is not a protocol", "write tcp or udp")
    kind: Protocol = "udp" if protocol == "udp" else "tcp"
    container = _port(match["container"])
    if match["first"] is None:
        return Port(container=container, protocol=kind)
    first = _port(match["first"])
    last = first if match["last"] is None else _port(match["last"])
    if last < first:
        raise BadEntryError(f"the range {first}-{last} runs backwards", f"write {last}-{first}")
    return Port(container=container, protocol=kind, host_ip=_host_ip(match["ip"]), host_first=first, host_last=last)


def fits(entry: Port, size: int) -> BadEntryError | None:
    """Each number needs a host port of its own: what is wrong where there are too few."""
    if entry.host_first is None or entry.host_last is None:
        return None
    there = entry.host_last - entry.host_first + 1
    if there >= size:
        return None
    enough = entry.host_first + size - 1
    if enough > _HIGHEST:
        ports = "one host port" if there == 1 else f"{there} host ports"
        return BadEntryError(f"{ports} for {size} instances", "begin the range lower, or remove the host port")
    fix = f'write "{entry.host_first}-{enough}:{entry.container}", or remove the host port'
    if there == 1:
        return BadEntryError(f"host port {entry.host_first} clashes: {size} instances can't share it", fix)
    return BadEntryError(f"{there} host ports for {size} instances", fix)


def overlap(one: Port, other: Port) -> int | None:
    """The lowest host port that both would take on the same address and protocol."""
    if one.host_first is None or one.host_last is None or other.host_first is None or other.host_last is None:
        return None
    if one.protocol != other.protocol or not _same_address(one.host_ip, other.host_ip):
        return None
    first = max(one.host_first, other.host_first)
    return first if first <= min(one.host_last, other.host_last) else None


def _same_address(one: str, other: str) -> bool:
    # Docker's proxy listens on each family by itself, so like with like; 0.0.0.0 and :: are all addresses.
    if (":" in one) != (":" in other):
        return False
    return one == other or "0.0.0.0" in (one, other) or "::" in (one, other)


def _port(digits: str) -> int:
    number = int(digits)
    if not 1 <= number <= _HIGHEST:
        raise BadEntryError(f"port {number} is out of range", "use 1 to 65535")
    return number


def _host_ip(written: str | None) -> str:
    if written is None:
        return "127.0.0.1"
    try:
        return str(ip_address(written.strip("[]")))
    except ValueError:
        raise BadEntryError(f"{quoted(written)} is not an IP address", "write 127.0.0.1, or 0.0.0.0 for all") from None
