"""Closing zones, as people ask for it: which zones there are, and what closing one means for each cluster.

Before: the specs and what was seen. After: loop.zones and the command line, which refuse or remark by it.
"""

from collections.abc import Collection, Iterator

from reconciler.errors import UsageError
from reconciler.plan.placement import ground_of
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Observed

LONGEST_SECONDS = 366 * 86_400.0
LONGEST_WHY = 200
_SAYABLE_SECONDS = 1e12  # a number of JSON may have thousands of digits


def known_zones(world: WantedWorld, observed: Observed, closed: Collection[str]) -> tuple[str, ...]:
    """Every zone that a spec names, an instance stands in, or that is closed."""
    wanted = {zone for w in world.clusters.values() if w.spec is not None for zone in w.spec.zones}
    standing = {i.zone for instances in observed.instances.values() for i in instances}
    return tuple(sorted(wanted | standing | set(closed)))


def insist_on_zone(zone: str, known: Collection[str]) -> None:
    """Raises UsageError for a zone that nobody has."""
    if zone not in known:
        there = f"there are {', '.join(sorted(known))}" if known else "there are none: no spec names one"
        raise UsageError(f"no zone {zone!r}; {there}")


def insist_on_closing(seconds: float | None, why: str) -> None:
    """Raises UsageError for a time or a reason that can't be kept."""
    if seconds is not None and not 0 < seconds <= LONGEST_SECONDS:
        length = f"{seconds:g} s" if abs(seconds) <= _SAYABLE_SECONDS else "that long"
        raise UsageError(f"a zone is closed for more than 0 s and at most 366 days, not for {length}")
    if len(why) > LONGEST_WHY or not (why or " ").isprintable():
        raise UsageError(f"why: one line of at most {LONGEST_WHY} characters was expected")


def closing_remarks(world: WantedWorld, closed: Collection[str], zone: str) -> tuple[str, ...]:
    """What a person should know who closes `zone`; `closed` are all that are closed then, this one included."""
    return tuple(_remarks(world, closed, zone))


def _remarks(world: WantedWorld, closed: Collection[str], zone: str) -> Iterator[str]:
    for name, wanted in sorted(world.clusters.items()):
        spec = wanted.spec
        if spec is None or zone not in spec.zones:
            continue
        ground = ground_of(spec, closed)
        if ground.closed >= {*spec.zones}:
            yield f"{name}: no open zone is left; what runs stays, and nothing is made until one opens"
        elif ground.pinned:
            yield f"{name}: it keeps data in {zone}; what runs there stays, and who dies there waits until it opens"
        elif spec.task is not None:
            yield f"{name}: a run in {zone} goes on to its end; the next one starts in another zone"
