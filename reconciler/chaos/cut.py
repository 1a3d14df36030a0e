"""From a cut between zones to what each instance drops, and whom that leaves within reach. Pure.

Before: shapes (zones), the instances as they are now. After: the helpers' rules, the matrix that is meant.
Drops are made where packets arrive: a sender that drops its own gets an error at once, and a broken network gives none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from reconciler.chaos.matrix import Matrix
from reconciler.chaos.shapes import RECONCILER, Cut
from reconciler.chaos.situation import name_of
from reconciler.state.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Packets that a helper throws away; None means any. `probability` 0 to 1, None: all of them."""

    direction: Literal["in", "out"]
    peer: str | None = None
    protocol: Literal["tcp", "udp"] | None = None
    port: int | None = None
    probability: float | None = None

    def as_json(self) -> dict[str, object]:
        """As the helper reads it."""
        return {
            "direction": self.direction,
            "peer": self.peer,
            "protocol": self.protocol,
            "port": self.port,
            "probability": self.probability,
        }


def drops(cut: Cut, victim: Instance, everyone: Iterable[Instance], gateway: str) -> tuple[Drop, ...]:
    """What `victim` no longer hears, of all who are there now; of the reconciler neither way."""
    rules = [
        Drop(direction="in", peer=other.address)
        for other in sorted(everyone, key=lambda one: (one.cluster, one.number))
        if other.address and other.id != victim.id and (other.zone, victim.zone) in cut.blocked
    ]
    if (RECONCILER, victim.zone) in cut.blocked:
        rules.append(Drop(direction="in", peer=gateway))
    if (victim.zone, RECONCILER) in cut.blocked:
        rules.append(Drop(direction="out", peer=gateway))
    return tuple(rules)


def drops_for(cut: Cut, victim: Instance, helpless: Iterable[Instance]) -> tuple[Drop, ...]:
    """What `victim` doesn't send to those who have nobody yet to drop it where it arrives."""
    return tuple(
        Drop(direction="out", peer=other.address)
        for other in helpless
        if other.address and other.id != victim.id and (victim.zone, other.zone) in cut.blocked
    )


def meant(cut: Cut | None, victims: Sequence[Instance]) -> Matrix:
    """Whom each victim reaches under the cut (None: under none); the reconciler only where the cut is about it."""
    blocked = cut.blocked if cut else frozenset()
    zones = {name_of(one): one.zone for one in victims}
    reaches = {(name_of(a), name_of(b)): (a.zone, b.zone) not in blocked for a, b in permutations(victims, 2)}
    if cut is not None and cut.shape == "reconciler":
        zones[RECONCILER] = RECONCILER
        reaches |= {(name_of(one), RECONCILER): (one.zone, RECONCILER) not in blocked for one in victims}
    return Matrix(zones=zones, reaches=reaches)
