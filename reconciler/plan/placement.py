"""Zones: where a new instance goes, and which ones stand in the wrong place.

Balanced means that the fullest and the emptiest wanted zone differ by one at most.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.state.instance import Instance


def emptiest(zones: Sequence[str], counts: Counter[str], preferred: str | None = None) -> str:
    """The wanted zone with the fewest instances; among equals `preferred` (its last zone), then the spec's order."""
    fewest = min(counts[zone] for zone in zones)
    if preferred is not None and preferred in zones and counts[preferred] == fewest:
        return preferred
    return next(zone for zone in zones if counts[zone] == fewest)


def shares(zones: Sequence[str], size: int, counts: Counter[str]) -> dict[str, int]:
    """How many of `size` each zone should hold; the fullest zones get the odd ones, so that least moves."""
    share, odd = divmod(size, len(zones))
    fullest_first = sorted(zones, key=lambda zone: -counts[zone])
    return {zone: share + (1 if rank < odd else 0) for rank, zone in enumerate(fullest_first)}


def misplaced(instances: Iterable[Instance], zones: Sequence[str], size: int) -> dict[str, str]:
    """Ids of instances that have to move, each with its cause. Excess leaves by the highest number first."""
    standing = sorted(instances, key=lambda instance: -instance.number)
    causes = {i.id: f"zone {i.zone} is not wanted any more" for i in standing if i.zone not in zones}
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
