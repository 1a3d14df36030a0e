"""Sorting a cluster's containers into buckets by ordered rules: the first that matches wins.

Before: verdicts. After: filling, thinning, ending. A bucket says what may become of an instance, not what will.
"""

from dataclasses import dataclass

from reconciler.plan.limits import Limits
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import Instance
from reconciler.state.observed import InFlight, Observed

_ENDING_KINDS = frozenset({"terminate", "kill", "remove"})
_HEALTHY = frozenset({Verdict.READY, Verdict.UNKNOWN})


@dataclass(slots=True, kw_only=True)
class Buckets:
    """`busy`: an action on it is under way. `going`: told to end. `corpses`: ended, number still taken.
    `lost`: suspects whose grace is over and who are within the budget. `sound`: all others that run.
    `outdated` maps sound ids to the cause. `pending` are creations under way."""

    going: list[Instance]
    corpses: list[Instance]
    lost: list[Instance]
    sound: list[Instance]
    outdated: dict[str, str]
    pending: list[InFlight]
    busy: frozenset[str]


def sort_instances(
    spec: ClusterSpec,
    wanted: Wanted,
    observed: Observed,
    judgements: dict[str, Judgement],
    now: float,
    limits: Limits,
) -> Buckets:
    """Put every container of the cluster into its bucket."""
    flights = observed.in_flight.get(spec.name, ())
    busy = frozenset(flight.id for flight in flights if flight.id and flight.kind not in ("publish", "withdraw"))
    ended_by_us = frozenset(flight.id for flight in flights if flight.id and flight.kind in _ENDING_KINDS)
    result = Buckets(
        going=[], corpses=[], lost=[], sound=[], outdated={}, busy=busy,
        pending=[flight for flight in flights if flight.kind == "create"],
    )  # fmt: skip
    being_made = {flight.number for flight in result.pending}
    suspects: list[Instance] = []
    for instance in observed.instances.get(spec.name, ()):
        verdict = judgements[instance.id].verdict
        if instance.number in being_made:  # the creation under way speaks for this number
            continue
        if verdict is Verdict.STOPPING or instance.id in ended_by_us:
            result.going.append(instance)
        elif verdict is Verdict.DEAD:
            result.corpses.append(instance)
        else:
            result.sound.append(instance)
            replace_at = judgements[instance.id].replace_at
            if verdict is Verdict.SUSPECT and replace_at is not None and now >= replace_at:
                suspects.append(instance)
    result.lost = suspects[: _budget(spec.size, limits)]
    lost_ids = {instance.id for instance in result.lost}
    result.sound = [instance for instance in result.sound if instance.id not in lost_ids]
    result.outdated = _outdated(spec, wanted, observed, result.sound)
    return result


def available(instance: Instance, judgement: Judgement, observed: Observed, now: float, bake: float) -> bool:
    """Ready, and for `bake` seconds already."""
    if judgement.verdict not in _HEALTHY:
        return False
    sighting = observed.sightings.get(instance.id)
    ready_since = now if sighting is None or sighting.ready_since is None else sighting.ready_since
    return now - ready_since >= bake


def _budget(size: int, limits: Limits) -> int:
    """Suspects replaced in one pass: n − ⌊(1 − fraction) × n⌋, one at least (Eureka's eviction bound)."""
    return max(1, size - int((1 - limits.suspect_fraction) * size))


def _outdated(spec: ClusterSpec, wanted: Wanted, observed: Observed, sound: list[Instance]) -> dict[str, str]:
    if wanted.missing_files:
        return {}
    image = observed.images.get(spec.image)
    causes: dict[str, str] = {}
    for instance in sound:
        if instance.spec_hash != wanted.spec_hash:
            causes[instance.id] = f"outdated: {instance.revision} is not what the spec says"
        elif image is not None and instance.image_id != image.id:
            causes[instance.id] = f"image rebuilt: {spec.image} is another image now"
    return causes
