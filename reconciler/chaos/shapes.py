"""The shapes of a split brain: from zones and a shape to which zone's packets don't reach which. Pure.

Before: prepare. After: cut, which turns zones into instances. A pair (a, b) says that what a sends doesn't reach b;
RECONCILER stands for the reconciler itself, on the network's gateway.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations

from reconciler.chaos.faults import Shape, SplitBrain
from reconciler.errors import UsageError

RECONCILER = "(reconciler)"
"""Among zones and instances: the reconciler. No zone can have such a name."""

Group = tuple[str, ...]
Groups = tuple[Group, ...]
Pairs = frozenset[tuple[str, str]]

_RING_LEAST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """`blocked` pairs of zones, `zones` that are touched by it, `says` in a few words: `halves az1 | az2,az3`."""

    shape: Shape
    blocked: Pairs
    zones: tuple[str, ...]
    says: str


def shape_of(fault: SplitBrain, zones: tuple[str, ...]) -> Cut:
    """The cut among all the `zones` that there are. Raises UsageError where the shape can't be made of them."""
    _insist_on_sense(fault)
    return _SHAPES[fault.shape](fault.sides, zones)


def _insist_on_sense(fault: SplitBrain) -> None:
    seen: set[str] = set()
    for zone in (zone for side in fault.sides for zone in side):
        if zone in seen:
            raise UsageError(f"split-brain {fault.shape}: zone {zone} is named twice; it can be on one side only")
        seen.add(zone)
    if any(not side for side in fault.sides):
        raise UsageError(f"split-brain {fault.shape}: a side without zones; name at least one zone for each side")


def _halves(sides: Groups, zones: tuple[str, ...]) -> Cut:
    _need(zones, 2, "halves", "cuts zones off from each other")
    if not sides:
        half = len(zones) // 2
        sides = (zones[:half], zones[half:])
    elif len(sides) == 1:
        sides = (sides[0], _rest_of(zones, sides[0], "halves"))
    return Cut(shape="halves", blocked=_apart(sides), zones=_all(sides), says=f"halves {_words(sides)}")


def _rest(sides: Groups, zones: tuple[str, ...]) -> Cut:
    _need(zones, 2, "rest", "cuts a zone off from the others")
    if len(sides) > 1:
        raise UsageError("split-brain rest: name one side; the others are the rest")
    cut_off = sides[0] if sides else zones[:1]
    both = (cut_off, _rest_of(zones, cut_off, "rest"))
    return Cut(shape="rest", blocked=_apart(both), zones=_all(both), says=f"rest {_words(both)}")


def _ring(sides: Groups, zones: tuple[str, ...]) -> Cut:
    ring = _all(sides) if sides else zones
    if len(ring) < _RING_LEAST:
        raise UsageError(
            f"split-brain ring needs {_RING_LEAST} zones or more, and there are {len(ring)} ({','.join(ring)}): in a "
            "smaller ring each zone is every other's neighbour; choose halves, rest or bridge"
        )
    near = {(ring[i], ring[(i + step) % len(ring)]) for i in range(len(ring)) for step in (1, -1)}
    blocked = frozenset(pair for pair in permutations(ring, 2) if pair not in near)
    return Cut(shape="ring", blocked=blocked, zones=ring, says=f"ring {' - '.join(ring)} - {ring[0]}")


def _bridge(sides: Groups, zones: tuple[str, ...]) -> Cut:
    _need(zones, 3, "bridge", "has one zone that sees two sides")
    bridge = sides[0] if sides else (zones[len(zones) // 2],)
    others = sides[1:]
    if not others:
        left = _rest_of(zones, bridge, "bridge")
        half = (len(left) + 1) // 2
        others = (left[:half], left[half:])
    if len(others) < 2 or not all(others):
        raise UsageError("split-brain bridge needs two sides that it joins: name the bridge first, then both sides")
    says = f"bridge {_words(others)} over {','.join(bridge)}"
    return Cut(shape="bridge", blocked=_apart(others), zones=_all((bridge, *others)), says=says)


def _one_way(sides: Groups, zones: tuple[str, ...]) -> Cut:
    _need(zones, 2, "one-way", "loses what one side sends to the other")
    if len(sides) > 2:
        raise UsageError("split-brain one-way: name two sides, from and to")
    source = sides[0] if sides else zones[:1]
    aim = sides[1] if len(sides) == 2 else _rest_of(zones, source, "one-way")
    blocked = frozenset((a, b) for a in source for b in aim)
    says = f"one-way {','.join(source)} -> {','.join(aim)}"
    return Cut(shape="one-way", blocked=blocked, zones=_all((source, aim)), says=says)


def _reconciler(sides: Groups, zones: tuple[str, ...]) -> Cut:
    cut_off = _all(sides)
    if not cut_off:
        raise UsageError(f"split-brain reconciler: name the zone to cut off from it; there are {', '.join(zones)}")
    blocked = frozenset(pair for zone in cut_off for pair in ((zone, RECONCILER), (RECONCILER, zone)))
    return Cut(shape="reconciler", blocked=blocked, zones=cut_off, says=f"{','.join(cut_off)} | reconciler")


_SHAPES: Mapping[Shape, Callable[[Groups, tuple[str, ...]], Cut]] = {
    "halves": _halves,
    "rest": _rest,
    "ring": _ring,
    "bridge": _bridge,
    "one-way": _one_way,
    "reconciler": _reconciler,
}


def _apart(sides: Groups) -> Pairs:
    """Nobody of one side reaches anybody of another."""
    pairs = permutations(sides, 2)
    return frozenset((a, b) for left, right in pairs for a in left for b in right)


def _rest_of(zones: Iterable[str], side: Group, shape: Shape) -> Group:
    left = tuple(zone for zone in zones if zone not in side)
    if not left:
        raise UsageError(
            f"split-brain {shape}: {','.join(side)} are all the zones there are; nobody is left to cut off"
        )
    return left


def _need(zones: tuple[str, ...], least: int, shape: Shape, what: str) -> None:
    if len(zones) < least:
        there = f"there is only {', '.join(zones)}" if zones else "there is none"
        raise UsageError(f"split-brain {shape} {what}: it needs {least} zones or more, and {there}")


def _all(sides: Groups) -> tuple[str, ...]:
    return tuple(zone for side in sides for zone in side)


def _words(sides: Groups) -> str:
    return " | ".join(",".join(side) for side in sides)
