"""What clusters still lack to be as somebody needs them, in sentences. Pure: nothing is waited for here.

Before: a status. After: the command line's waiting, and whoever follows a change of the files.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from reconciler.plan.status import ClusterStatus, Phase, WorldStatus


class Goal(StrEnum):
    """What can be waited for."""

    READY = "ready"
    GONE = "gone"


def lacking(world: WorldStatus, names: Sequence[str], goal: Goal) -> Iterator[str]:
    """A sentence for each named cluster that isn't there yet, with the reason its conditions give."""
    clusters = {cluster.name: cluster for cluster in world.clusters}
    if world.engine_problem:
        yield world.engine_problem
    for name in names:
        cluster = clusters.get(name)
        if goal is Goal.GONE:
            if cluster is not None:
                count = len(cluster.instances)
                yield f"{name}: still there, {count} instance{'' if count == 1 else 's'}; {why(cluster)}"
        elif cluster is None:
            yield f"{name}: no such cluster in environment {world.environment}"
        elif not (cluster.all_ready or switched(cluster)) or cluster.problems:
            yield f"{name}: {cluster.ready} of {cluster.desired} ready; {why(cluster)}"
        elif cluster.rollout is not None and cluster.rollout.awaits_promotion:
            yield f"{name}: {cluster.ready} of {cluster.desired} ready, all of them canaries"


def switched(cluster: ClusterStatus) -> bool:
    """The new group of a red/black rollout has the traffic, whole: the old one is only kept for a return at once."""
    rollout = cluster.rollout
    return rollout is not None and rollout.phase is Phase.SWITCHED and rollout.available >= cluster.desired


def held(world: WorldStatus, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the named clusters that have no file any more and are kept by a guard."""
    return tuple(
        cluster.name
        for cluster in world.clusters
        if cluster.name in names
        and any(c.type == "Held" and c.status == "True" for c in cluster.conditions)
        and not any(c.type == "Ready" for c in cluster.conditions)
    )


def failed(world: WorldStatus, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the named that are tasks which have failed for good: no time makes them ready."""
    return tuple(cluster.name for cluster in world.clusters if cluster.name in names and cluster.failed)


def troubles(world: WorldStatus, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the named clusters now: a key that stays the same while it is, and a sentence."""
    for cluster in world.clusters:
        for condition in cluster.conditions:
            if cluster.name in names and condition.type == "Degraded" and condition.status == "True":
                yield f"{cluster.name} {condition.reason}", f"{cluster.name}: {condition.reason}: {condition.message}"


def why(cluster: ClusterStatus) -> str:
    """The reasons that keep a cluster from being ready, in one sentence."""
    if cluster.problems:
        return str(cluster.problems[0])
    telling = ("Held", "Degraded", "Suspended", "Progressing", "Ready")
    notes = []
    for kind in telling:
        for condition in cluster.conditions:
            off = "True" if condition.type == "Ready" else "False"
            if condition.type == kind and condition.status != off:
                said = f": {condition.message}" if condition.message else ""
                notes.append(f"{condition.reason}{said}")
    return "; ".join(dict.fromkeys(notes) or cluster.doing[:1]) or "nothing says why"
