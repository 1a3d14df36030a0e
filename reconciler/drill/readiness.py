"""Whether a world is ready as a drill means it: all its clusters, and nobody in them who was killed already. Pure.

Before: a status. After: runner (waits), check (needs), recovering (on what was recorded).
"""

from collections.abc import Collection

from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus

STAYS_SECONDS = 2.0
"""So long all must stay ready to count as recovered: what hung falls silent only a moment after it was thawed."""


class Rest:
    """Whether there has been nothing to do for `seconds`, from one look to the next."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: float | None = None

    def lasts(self, at_rest: bool, now: float) -> bool:  # noqa: FBT001  # one look
        """One more look."""
        if not at_rest:
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= self.seconds


def concerned(world: WorldStatus, clusters: Collection[str]) -> tuple[ClusterStatus, ...]:
    """The clusters that a drill is about: the named, else all that aren't suspended."""
    if clusters:
        return tuple(cluster for cluster in world.clusters if cluster.name in clusters)
    return tuple(cluster for cluster in world.clusters if not is_suspended(cluster))


def lacking(world: WorldStatus, clusters: Collection[str], killed: Collection[str]) -> str:
    """What keeps the world from being ready; empty where nothing does.

    A status may be older than a kill: as long as it calls a killed instance ready, it says nothing of the time after.
    """
    if world.engine_problem:
        return world.engine_problem
    if not world.clusters:
        return "the loop knows of no cluster yet"
    there = concerned(world, clusters)
    gone = sorted(set(clusters) - {cluster.name for cluster in there})
    if gone:
        return f"no cluster {', '.join(gone)} in environment {world.environment}"
    return "; ".join(said for cluster in there if (said := _lacking(cluster, killed)))


def _lacking(cluster: ClusterStatus, killed: Collection[str]) -> str:
    stale = [one for one in cluster.instances if one.id in killed and one.verdict is Verdict.READY]
    if stale:
        return f"{cluster.name}: the death of {stale[0].name} has not been noticed yet"
    if cluster.all_ready and not cluster.problems:
        return ""
    return f"{cluster.name}: {cluster.ready} of {cluster.desired} ready{_because(cluster)}"


def _because(cluster: ClusterStatus) -> str:
    if cluster.problems:
        return f" ({cluster.problems[0]})"
    for kind in ("Held", "Degraded", "Suspended", "Progressing"):
        for condition in cluster.conditions:
            if condition.type == kind and condition.status == "True":
                return f" ({condition.reason}{': ' + condition.message if condition.message else ''})"
    return ""


def is_suspended(cluster: ClusterStatus) -> bool:
    """Whether it is left alone: then nobody waits for it."""
    return any(condition.type == "Suspended" and condition.status == "True" for condition in cluster.conditions)
