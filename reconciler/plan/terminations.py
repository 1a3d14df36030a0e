"""Ending one instance because a person said so: whom it may concern, and when another one stands in its place.

Before: the desk asks whether it may be; world, which heeds what was asked for. After: verdicts (it is stopping from
then on), buckets (its number waits for it). Nothing is chosen here: the one that was named ends, or nobody.
"""

from collections.abc import Mapping

from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.ending import PATIENCE_SECONDS
from reconciler.plan.placement import ground_of
from reconciler.plan.status import ClusterStatus, Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import Stop
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.instance import Instance
from reconciler.state.terminations import Termination
from reconciler.state.zones import ClosedZone

GOING_SECONDS = 10.0
"""How long beyond drain and grace the number of a terminated one is kept for its successor."""
MOST_WHY = 200


def heeded(terminations: Mapping[str, Termination], world: WantedWorld) -> Mapping[str, Termination]:
    """Of what was asked for, what still is to be done: where a cluster is left alone by now, it is left alone, too."""
    if not terminations:  # nearly always
        return terminations
    return {id: asked for id, asked in terminations.items() if not _left_alone(world.clusters.get(asked.cluster))}


def insist_on_terminable(
    instances: tuple[Instance, ...],
    number: int,
    id: str,
    wanted: Wanted | None,
    judgements: Mapping[str, Judgement],
    closed_zones: Mapping[str, ClosedZone],
    *,
    cluster: str,
) -> Instance:
    """The instance of this number, and of this id where one is given. Raises UsageError where there is none,
    ReconcilerError where it may not be ended, or where nothing would take its place.
    """
    subject = f"{cluster}-{number}"
    found = next((instance for instance in instances if instance.number == number), None)
    if found is None:
        raise UsageError(f"there is no instance {subject}; `reconciler status` shows those there are")
    if id and found.id != id:
        raise ReconcilerError(f"{subject} is another container by now: look again (nothing was done)")
    if why := _left_alone(wanted) or _shut_in(found, wanted, closed_zones):
        raise ReconcilerError(f"{subject} can't be terminated: {cluster} {why} (nothing was done)")
    judgement = judgements.get(found.id)
    if judgement is not None and judgement.verdict is Verdict.STOPPING:
        raise ReconcilerError(f"{subject} is ending already")
    if not found.alive:
        cause = f" ({judgement.cause})" if judgement is not None and judgement.cause else ""
        raise ReconcilerError(f"{subject} has ended already{cause}; another one takes its place")
    return found


def insist_on_reason(why: str) -> None:
    """Raises UsageError for a reason that can't be shown in one line."""
    if len(why) > MOST_WHY or not (why.isprintable() or not why):
        raise UsageError(f"why: one line of at most {MOST_WHY} characters was expected")


def kept_until(asked: Termination, stop: Stop) -> float:
    """Until when the number of a terminated one is filled by its own successor only."""
    return asked.at + stop.drain_seconds + PATIENCE_SECONDS + stop.grace_seconds + GOING_SECONDS


def is_replaced(cluster: ClusterStatus, number: int, id: str) -> bool:
    """Whether the container of this id is gone, another one of its number is ready, and as many are as are wanted.

    While two groups stand more are ready than are wanted, so that a count alone says nothing. Where all is as the file
    wants it, nobody takes the number again: it was one too many.
    """
    if any(row.id == id for row in cluster.instances):
        return False
    ready = any(row.number == number and row.verdict is Verdict.READY for row in cluster.instances)
    return cluster.all_ready or (ready and cluster.ready >= cluster.desired)


def _shut_in(instance: Instance, wanted: Wanted | None, closed_zones: Mapping[str, ClosedZone]) -> str:
    spec = wanted.spec if wanted is not None else None
    if spec is None or instance.zone not in ground_of(spec, closed_zones).closed:
        return ""
    return f"can have no other one while zone {instance.zone} is closed: first `reconciler zone open {instance.zone}`"


def _left_alone(wanted: Wanted | None) -> str:
    """Why nothing would take the place of one that ends; empty where something would."""
    if wanted is None:
        return "has no file any more"
    if wanted.spec is None:
        return "has a file that can't be read, so nothing would take its place"
    if wanted.spec.suspend:
        return f"is suspended, so nothing would take its place: first `reconciler resume {wanted.name}`"
    if wanted.spec.task is not None:
        return "is a task: a run ends by itself, at its deadline or with its file"
    return ""
