"""Where a change stands: still on its way, done, failed, or up to a person. Pure.

Before: the loop's plans of the files and its status, looked at after each other. After: whoever follows a change. The
same judgements as `apply --wait` makes (lacking, ending), for all kinds of changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.changes.ending import Taken, ended, taken
from reconciler.changes.lacking import Goal, held, lacking, switched
from reconciler.plan.plan import Plan
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus

_SUSPENDED = "Suspended"
_NAMED = 4
WAITS_FOR_A_PERSON = "waits for a person"
"""So the outcome of a change begins that only a person leads on."""


class Stand(StrEnum):
    """`person`: the change is made, and nothing more comes by itself."""

    WAITING = "waiting"
    DONE = "done"
    PERSON = "person"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How it stands; `says` is what it waits for, or how it ended."""

    stand: Stand
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a change is about: clusters that should become as their files say, and clusters that should go.

    `earlier` are sentences about what had been rolled back before: that isn't this change's doing.
    """

    applied: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


def aim(clusters: Sequence[str], removed: Sequence[str], before: WorldStatus) -> Aim:
    """From the draft, and the status as it was before the change."""
    applied = tuple(name for name in clusters if name not in removed)
    return Aim(applied=applied, removed=tuple(removed), earlier=ended(before, applied, Taken()).rolled_back)


def judge(aim: Aim, plans: Sequence[Plan] | None, world: WorldStatus) -> Judged:
    """`plans` are of the files as they are; None: not asked for yet, and then only a first impression comes of it.

    The status must not be older than the plans.
    """
    if world.engine_problem:
        return Judged(stand=Stand.WAITING, says=world.engine_problem)
    asleep = tuple(c.name for c in world.clusters if c.name in aim.applied and _suspended(c))
    awake = tuple(name for name in aim.applied if name not in asleep)
    files = Taken() if plans is None else taken(plans, awake)
    end = ended(world, awake, files)
    news = tuple(sentence for sentence in end.rolled_back if sentence not in aim.earlier)
    if not files.at_rest:
        return Judged(stand=Stand.WAITING, says=_reasons(plans or (), awake))
    if news or end.failed:
        return Judged(stand=Stand.FAILED, says="; ".join([*(f"rolled back: {n}" for n in news), *_failed(end.failed)]))
    kept = held(world, aim.removed)
    if end.waits or kept:
        yours = [f"{WAITS_FOR_A_PERSON}: {sentence}" for sentence in end.waits]
        stopped = [f"{name}: held; `reconciler confirm {name}` lets the removal go on" for name in kept]
        return Judged(stand=Stand.PERSON, says="; ".join([*yours, *stopped]))
    back = [name for name in awake if any(sentence.startswith(f"{name}: ") for sentence in end.rolled_back)]
    missing = list(lacking(world, [name for name in awake if name not in back], Goal.READY))
    missing += lacking(world, aim.removed, Goal.GONE)
    missing += _ending(world, awake)
    if missing:
        return Judged(stand=Stand.WAITING, says="; ".join(_short(sentence) for sentence in missing[:_NAMED]))
    return Judged(stand=Stand.DONE, says="; ".join(_outcome(aim, world, asleep, end.rolled_back)))


def _short(sentence: str) -> str:
    """How far it is and the first reason: what follows from that needn't be said again and again."""
    return "; ".join(sentence.split("; ")[:2])


def _ending(world: WorldStatus, names: Sequence[str]) -> Iterator[str]:
    """A cluster is ready before the last one that goes is gone: for who asked for a change it isn't over then."""
    gone = (Verdict.STOPPING, Verdict.DEAD)
    for cluster in world.clusters:
        ending = [one.name for one in cluster.instances if one.verdict in gone and one.id and not one.task]
        if cluster.name in names and ending:
            yield f"{cluster.name}: {', '.join(ending)} not gone yet"


def _suspended(cluster: ClusterStatus) -> bool:
    return any(c.type == _SUSPENDED and c.status == "True" for c in cluster.conditions)


def _failed(names: Sequence[str]) -> list[str]:
    return [f"failed: {', '.join(names)}"] if names else []


def _reasons(plans: Sequence[Plan], names: Sequence[str]) -> str:
    """What the loop is about to do, or waits for."""
    said = [f"{plan.cluster}: {str(plan).partition(chr(10))[0]}" for plan in plans if plan.cluster in names]
    busy = [sentence for sentence in said if not sentence.endswith(": nothing to do")]
    return "; ".join(busy[:_NAMED]) or "the loop has not taken up the files yet"


def _how_far(cluster: ClusterStatus) -> str:
    """After a switch the former group's instances are ready, too: they don't count."""
    if cluster.rollout is not None and switched(cluster):
        kept = f"; {cluster.rollout.former} is kept for a return" if cluster.rollout.former else ""
        return f"{cluster.name}: {cluster.rollout.available} of {cluster.desired} ready{kept}"
    return f"{cluster.name}: {cluster.ready} of {cluster.desired} ready"


def _outcome(aim: Aim, world: WorldStatus, asleep: Sequence[str], back: Sequence[str]) -> Iterator[str]:
    ready = [cluster for cluster in world.clusters if cluster.name in aim.applied and cluster.name not in asleep]
    if len(ready) > _NAMED:
        yield f"{len(ready)} clusters ready"
    else:
        yield from map(_how_far, ready)
    yield from (f"{name}: suspended, left alone" for name in asleep)
    yield from (f"rolled back before: {sentence}" for sentence in back)
    if aim.removed:
        yield f"{', '.join(aim.removed)}: gone"
