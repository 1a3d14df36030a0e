"""Waiting for a world to become what somebody needs, and saying what it still lacks.

Before: wait, apply --wait. After: whatever shows the world. Errors that pass by themselves are waited out
too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from reconciler.errors import EngineUnavailable, TransientError
from reconciler.plan.status import ClusterStatus, Phase, WorldStatus

POLL_SECONDS = 0.2


class Goal(StrEnum):
    """What can be waited for."""

    READY = "ready"
    GONE = "gone"


def await_goal(
    look: Callable[[], WorldStatus],
    names: Sequence[str],
    goal: Goal,
    deadline: float,
    settled: Callable[[], bool] = lambda: True,
    hopeless: Callable[[WorldStatus], bool] = lambda _: False,
) -> tuple[str, ...]:
    """Look until every named cluster is as `goal` says; empty then, else sentences about what is missing.

    `deadline` is on the monotonic clock. `settled` is asked before each look: False means that the loop has
    not yet done all that it should. `hopeless` ends the waiting: only a person can bring it further.
    """
    missing: tuple[str, ...] = ("nothing was seen yet",)
    while True:
        try:
            done = settled()
            world = look()
            missing = tuple(lacking(world, names, goal))
            if (done and not missing) or (missing and hopeless(world)):
                return missing
        except (EngineUnavailable, TransientError) as error:
            missing, done = (str(error),), False
        if time.monotonic() >= deadline:
            return missing or ("the loop has not taken up the change yet; `reconciler status` says why",)
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0.01)))


def lacking(world: WorldStatus, names: Sequence[str], goal: Goal) -> Iterator[str]:
    """A sentence for each named cluster that isn't there yet, with the reason its conditions give."""
    clusters = {cluster.name: cluster for cluster in world.clusters}
    if world.engine_problem:
        yield world.engine_problem
    for name in names:
        cluster = clusters.get(name)
        if goal is Goal.GONE:
            if cluster is not None:
                yield f"{name}: still there, {len(cluster.instances)} instances; {why(cluster)}"
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
