"""From what is to be dropped to the text for iptables-restore, and from iptables-save back to nothing. Pure.

Before: net. After: tables, which hands the text over; a text is one transaction, all or nothing.
The rules of one fault are in two chains of its own, first in INPUT and OUTPUT. What leads there carries a date after
which it matches nothing any more: they die by themselves although nobody takes them away.
"""

import re
import socket
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from fault_helper.settings import Unusable, number

PREFIX = "RCF-"
_HOOKS = {"in": "INPUT", "out": "OUTPUT"}


class Drop(NamedTuple):
    """Packets that don't get through: `direction` as the victim sees it, from or to `peer` (None: anybody).

    `port` is where they go to. `probability` of each being dropped, None: all. What stays inside the victim (on its
    loopback) is never dropped unless `peer` is a loopback address itself.
    """

    direction: str
    peer: str | None = None
    protocol: str | None = None
    port: int | None = None
    probability: float | None = None


def parse(found: object) -> tuple[Drop, ...]:
    """The value of `drops`. Raises Unusable."""
    if not isinstance(found, list):
        raise Unusable(f"drops {found!r} is no list")
    return tuple(_parse_one(one) for one in found)


def _parse_one(found: object) -> Drop:
    if not isinstance(found, dict) or not found.keys() <= set(Drop._fields):
        raise Unusable(f"drop {found!r} has other keys than {', '.join(Drop._fields)}")
    values: dict[str, Any] = found
    drop = Drop(**{"direction": "", **values})
    if drop.direction not in _HOOKS:
        raise Unusable(f"direction {drop.direction!r} is neither in nor out")
    if drop.protocol not in {None, "tcp", "udp"}:
        raise Unusable(f"protocol {drop.protocol!r} is neither tcp nor udp")
    if drop.port is not None:
        number(drop.port, "port", 1, 65535)
    if drop.probability is not None:
        number(drop.probability, "probability", 0, 1)
    return drop._replace(peer=None if drop.peer is None else address(drop.peer))


def address(text: object) -> str:
    """An IPv4 address. Raises Unusable."""
    try:
        return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, text if isinstance(text, str) else ""))
    except (OSError, ValueError) as error:
        raise Unusable(f"{text!r} is no IPv4 address") from error


def chain(fault_id: str, direction: str) -> str:
    """The chain's name: at most 28 characters, as the kernel has it."""
    return f"{PREFIX}{fault_id}-{direction}"


def staging(fault_id: str, dead_after: str) -> str:
    """Empty chains, and the way into them until `dead_after` (UTC, as 2026-11-28T22:10:00)."""
    lines = [f":{chain(fault_id, direction)} - [0:0]" for direction in _HOOKS]
    for direction, hook in _HOOKS.items():
        lines.append(f"-I {hook} 1 -m time --datestop {dead_after} -j {chain(fault_id, direction)}")
    return _transaction(lines)


def replacing(fault_id: str, drops: Sequence[Drop]) -> str:
    """These drops instead of those before."""
    lines = [f":{chain(fault_id, direction)} - [0:0]" for direction in _HOOKS]
    for direction in _HOOKS:
        its = [drop for drop in drops if drop.direction == direction]
        lines += [rule for drop in its if _is_inside(drop) for rule in _rules(fault_id, drop)]
        lines.append(f"-A {chain(fault_id, direction)} -{direction[0]} lo -j RETURN")
        lines += [rule for drop in its if not _is_inside(drop) for rule in _rules(fault_id, drop)]
    return _transaction(lines)


def undoing(fault_id: str, saved: str) -> str:
    """What takes away everything of this fault that `iptables-save` shows; empty where there is nothing."""
    ours = {chain(fault_id, direction) for direction in _HOOKS}
    there = [name for name in re.findall(r"^:(\S+) ", saved, re.MULTILINE) if name in ours]
    ways = [line for line in saved.splitlines() if line.startswith("-A ") and line.rpartition(" -j ")[2] in ours]
    lines = [f"-D {way.removeprefix('-A ')}" for way in ways]
    lines += [f"-F {name}" for name in there]
    lines += [f"-X {name}" for name in there]
    return _transaction(lines) if lines else ""


def _is_inside(drop: Drop) -> bool:
    return drop.peer is not None and drop.peer.startswith("127.")


def _rules(fault_id: str, drop: Drop) -> Iterable[str]:
    start = f"-A {chain(fault_id, drop.direction)}"
    if drop.peer is not None:
        start += f" -{'s' if drop.direction == 'in' else 'd'} {drop.peer}/32"
    end = "-j DROP"
    if drop.probability is not None:
        end = f"-m statistic --mode random --probability {drop.probability:.6f} {end}"
    if drop.port is None:
        yield f"{start} -p {drop.protocol} {end}" if drop.protocol else f"{start} {end}"
        return
    for protocol in (drop.protocol,) if drop.protocol else ("tcp", "udp"):
        yield f"{start} -p {protocol} --dport {drop.port} {end}"


def _transaction(lines: Iterable[str]) -> str:
    return "\n".join(["*filter", *lines, "COMMIT", ""])
