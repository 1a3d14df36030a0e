"""Zones: where a new instance goes, and which ones stand in the wrong place.

Balanced means that the fullest and the emptiest wanted zone differ by one at most; closed zones are left out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.plan.plan import Wait
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance

ZONE_CLOSED = "ZoneClosed"
"""The reason of a wait that ends when a zone opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where one cluster stands: `zones` share its instances. Some of them may be `closed`: there nothing is made,
    and whoever is there stays as it is. `left` are the spec's other zones, closed and to be left.

    `pinned`: each number's data lies in its zone, so that no number is filled in another one.
    """

    zones: tuple[str, ...]
    closed: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    pinned: bool = False

    def binds(self, former: Instance | None) -> bool:
        """Whether the number of `former` is filled in its zone and in no other."""
        if former is None:
            return False
        return former.zone in self.closed or (self.pinned and former.zone in self.zones)


def ground_of(spec: ClusterSpec, closed: Collection[str]) -> Ground:
    """The cluster's ground while these zones are closed.

    What keeps data in named volumes doesn't move: closing a zone changes nothing of its shares. Nor does anything
    where no open zone is left to move to.
    """
    shut = frozenset(closed).intersection(spec.zones)
    pinned = any(not volume.host_path for volume in spec.volumes)
    open_zones = tuple(zone for zone in spec.zones if zone not in shut)
    if pinned or not open_zones:
        return Ground(zones=spec.zones, closed=shut, pinned=pinned)
    return Ground(zones=open_zones, left=shut)


def emptiest(zones: Sequence[str], counts: Counter[str], preferred: str | None = None) -> str:
    """The wanted zone with the fewest instances; among equals `preferred` (its last zone), then the spec's order."""
    fewest = min(counts[zone] for zone in zones)
    if preferred is not None and preferred in zones and counts[preferred] == fewest:
        return preferred
    return next(zone for zone in zones if counts[zone] == fewest)


def zone_for(ground: Ground, counts: Counter[str], former: Instance | None) -> str:
    """Where a number goes whose instance was `former`; a closed zone means that it has to wait."""
    if former is not None and ground.binds(former):
        return former.zone
    return emptiest(ground.zones, counts, former.zone if former is not None else None)


def shares(zones: Sequence[str], size: int, counts: Counter[str]) -> dict[str, int]:
    """How many of `size` each zone should hold; the fullest zones get the odd ones, so that least moves."""
    share, odd = divmod(size, len(zones))
    fullest_first = sorted(zones, key=lambda zone: -counts[zone])
    return {zone: share + (1 if rank < odd else 0) for rank, zone in enumerate(fullest_first)}


def misplaced(instances: Iterable[Instance], ground: Ground, size: int) -> dict[str, str]:
    """Ids of instances that have to move, each with its cause. Excess leaves by the highest number first."""
    zones = ground.zones
    standing = sorted(instances, key=lambda instance: -instance.number)
    causes = {i.id: _why_left(i.zone, ground) for i in standing if i.zone not in zones}
    counts = Counter(i.zone for i in standing if i.id not in causes)
    if not causes and max(counts[zone] for zone in zones) - min(counts[zone] for zone in zones) <= 1:
        return causes
    allowed = shares(zones, size, counts)
    for instance in standing:
        zone = instance.zone
        if instance.id not in causes and counts[zone] > allowed[zone]:
            causes[instance.id] = f"rebalance: {zone} holds {counts[zone]} of {size} over {len(zones)} zones"
            counts[zone] -= 1
    return causes


def _why_left(zone: str, ground: Ground) -> str:
    return f"zone {zone} is closed" if zone in ground.left else f"zone {zone} is not wanted any more"


def closed_wait(ground: Ground, zone: str, subjects: Sequence[str]) -> Wait:
    """The wait of numbers that can be made in `zone` only, while that is closed."""
    who = f"{', '.join(subjects)} {'waits' if len(subjects) == 1 else 'wait'}"
    why = "data stays in its zone" if ground.pinned else f"all zones are closed: {', '.join(ground.zones)}"
    return Wait(reason=ZONE_CLOSED, message=f"{who} for `reconciler zone open {zone}` ({why})")


def stuck_waits(ground: Ground, instances: Iterable[Instance], causes: Mapping[str, str]) -> tuple[Wait, ...]:
    """One wait for all that would be replaced or moved if their zones, or those they would move to, were open."""
    stuck = sorted((i for i in instances if i.id in causes), key=lambda i: i.number)
    if not stuck:
        return ()
    names = ", ".join(f"{i.cluster}-{i.number}" for i in stuck)
    closed = ", ".join(sorted(ground.closed))
    message = f"{names} left as it is while closed: {closed} ({causes[stuck[0].id]})"
    return (Wait(reason=ZONE_CLOSED, message=message),)
