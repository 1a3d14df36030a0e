"""Choosing who has to end: surplus above size, and outdated ones that a rollout may spare.

Before: buckets. After: ending. The choice is stable: whoever was chosen in an earlier pass comes first.
"""

from collections import Counter
from collections.abc import Mapping

from reconciler.plan.buckets import Buckets, available
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed


def surplus(buckets: Buckets, desired: int, judgements: Mapping[str, Judgement], observed: Observed) -> dict[str, str]:
    """Ids above `desired`, each with its cause; while a rollout is on, only updated ones are counted."""
    updated = [instance for instance in buckets.sound if instance.id not in buckets.outdated]
    excess = len(updated) + len(buckets.pending) - desired
    causes: dict[str, str] = {}
    zones = Counter(instance.zone for instance in updated)
    while excess > 0 and updated:
        victim = max(updated, key=lambda i: _dispensable(i, zones, judgements, observed))
        updated.remove(victim)
        zones[victim.zone] -= 1
        causes[victim.id] = f"surplus: {desired} wanted"
        excess -= 1
    return causes


def _dispensable(
    instance: Instance, zones: Counter[str], judgements: Mapping[str, Judgement], observed: Observed
) -> tuple[bool, bool, int, int]:
    """Already leaving, then not ready, then in the fullest zone, then the highest number."""
    unready = judgements[instance.id].verdict not in (Verdict.READY, Verdict.UNKNOWN)
    return (_leaving(instance, observed), unready, zones[instance.zone], instance.number)


def _leaving(instance: Instance, observed: Observed) -> bool:
    sighting = observed.sightings.get(instance.id)
    return sighting is not None and sighting.withdrawn_at is not None


def spared(
    spec: ClusterSpec,
    buckets: Buckets,
    doomed: Mapping[str, str],
    desired: int,
    judgements: Mapping[str, Judgement],
    observed: Observed,
    now: float,
) -> dict[str, str]:
    """Outdated ids that may end now without fewer than size − unavailable being available."""
    bake = spec.rollout.bake_seconds
    standing = [instance for instance in buckets.sound if instance.id not in doomed]
    count = 0
    unready: list[Instance] = []
    ready: list[Instance] = []
    for instance in standing:
        outdated = instance.id in buckets.outdated
        if available(instance, judgements[instance.id], observed, now, 0.0 if outdated else bake):
            count += 1
            if outdated:
                ready.append(instance)
        elif outdated:
            unready.append(instance)
    may_end = max(0, count - (desired - unavailable(spec)))
    zones = Counter(instance.zone for instance in standing)
    chosen = list(unready)
    while may_end > 0 and ready:
        victim = max(ready, key=lambda i: (_leaving(i, observed), zones[i.zone], -i.number))
        ready.remove(victim)
        zones[victim.zone] -= 1
        chosen.append(victim)
        may_end -= 1
    return {instance.id: buckets.outdated[instance.id] for instance in chosen}


def unavailable(spec: ClusterSpec) -> int:
    """How many may be missing during a rollout; in place at least one has to."""
    return max(1, spec.rollout.unavailable) if spec.rollout.strategy == "in-place" else spec.rollout.unavailable


def surge(spec: ClusterSpec) -> int:
    """How many may be too many during a rollout; none in place. One at least of the two has to be allowed."""
    if spec.rollout.strategy == "in-place":
        return 0
    return spec.rollout.surge if spec.rollout.surge or spec.rollout.unavailable else 1
