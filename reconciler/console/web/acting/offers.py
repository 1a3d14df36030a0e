"""What a person may do now, and why not: which buttons a cluster, a group or an instance has.

Before: templates of the looking pages, through the global `offers`. After: forms/*.html. Pure; whatever is offered here
is checked again when it is done.
"""

from dataclasses import dataclass

from reconciler.plan.status import ClusterStatus, InstanceStatus, Phase, RolloutStatus, Verdict

_AT_REST = frozenset({Phase.COMPLETE, Phase.PAUSED, Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FAILED})
_BACK_ALREADY = frozenset({Phase.COMPLETE, Phase.ROLLING_BACK, Phase.ROLLED_BACK})


_NO_FILE = "It has no file any more: write one to keep it."
_BROKEN = "Its file can't be used as it is: mend it first."


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOffers:
    """`file`: there is one to change; `readable`: it says what it should. `why_not` says why less is offered.

    `scaled` says that its size follows a metric, so that the file's is only where it begins.
    """

    file: bool
    readable: bool
    task: bool
    suspended: bool
    paused: bool
    pausable: bool
    undoable: bool
    traffic: bool
    scaled: str = ""
    why_not: str = ""


def of_cluster(cluster: ClusterStatus) -> ClusterOffers:
    """What can be done with a cluster."""
    on = {condition.type: condition for condition in cluster.conditions if condition.status == "True"}
    phase = cluster.rollout.phase if cluster.rollout else None
    gone = not cluster.image and not cluster.problems
    scale = cluster.scale
    return ClusterOffers(
        file=not gone,
        readable=not gone and not cluster.problems,
        task=cluster.kind == "TaskSpec",
        suspended="Suspended" in on,
        paused=phase is Phase.PAUSED,
        pausable=phase is not None and phase not in _AT_REST,
        undoable=bool(cluster.rollout and cluster.rollout.former) and phase not in _BACK_ALREADY,
        traffic=cluster.traffic,
        scaled=f"Its size follows {scale.metric}: {scale.min} to {scale.max}" if scale else "",
        why_not=_NO_FILE if gone else _BROKEN if cluster.problems else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """One group beside the other: means over its instances that are ready, None where nobody tells. `since` is when
    the newest of them came up (Unix seconds).
    """

    revision: str
    role: str
    instances: int
    ready: int
    serving: int
    cpu: float | None
    memory_bytes: float | None
    metrics: tuple[tuple[str, float], ...]
    since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """What a person judges a new group by: it beside the one before. `says` is why it waits."""

    revision: str
    former: str
    says: str
    groups: tuple[GroupFacts, ...]


def judgment(cluster: ClusterStatus) -> Judgment | None:
    """The judgment that a rollout waits for; None where it waits for none."""
    rollout = cluster.rollout
    if rollout is None or not rollout.awaits_promotion:
        return None
    return Judgment(
        revision=rollout.revision,
        former=rollout.former,
        says=rollout.message or _how_far(rollout),
        groups=tuple(
            _facts(cluster, revision, role)
            for revision, role in ((rollout.revision, "new"), (rollout.former, "before"))
            if revision
        ),
    )


def _how_far(rollout: RolloutStatus) -> str:
    return f"{rollout.updated} of {rollout.wanted} are of {rollout.revision}, {rollout.available} of them available"


def _facts(cluster: ClusterStatus, revision: str, role: str) -> GroupFacts:
    group = [one for one in cluster.instances if one.revision == revision and one.id]
    ready = [one for one in group if one.verdict is Verdict.READY]
    named = sorted({name for one in ready for name in one.metrics})
    return GroupFacts(
        revision=revision,
        role=role,
        instances=len(group),
        ready=len(ready),
        serving=sum(1 for one in group if one.serving),
        cpu=_mean([one.cpu for one in ready]),
        memory_bytes=_mean([one.memory_bytes for one in ready]),
        metrics=tuple((name, _mean([one.metrics.get(name) for one in ready]) or 0.0) for name in named),
        since=max((one.since for one in ready if one.since is not None), default=None),
    )


def _mean(values: list[float | None] | list[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOffers:
    """Whether to go back to a group, and how it is said; `promotable`: it awaits its promotion."""

    promotable: bool
    goes_back: bool
    says: str


def of_group(cluster: ClusterStatus, revision: str) -> GroupOffers:
    """What can be done with one revision of a cluster. Traffic goes back at once to a group that still stands."""
    rollout = cluster.rollout
    wanted = rollout.revision if rollout else cluster.revision
    promotable = bool(rollout and rollout.awaits_promotion and rollout.revision == revision)
    stands = any(one.revision == revision and one.id for one in cluster.instances)
    switched = rollout is not None and rollout.phase is Phase.SWITCHED and rollout.former == revision
    says = "its instances still stand: traffic goes back to them at once" if switched and stands else ""
    back = revision != wanted and cluster.kind == "ClusterSpec"
    return GroupOffers(promotable=promotable, goes_back=back, says=says)


def why_not_terminate(cluster: ClusterStatus, instance: InstanceStatus) -> str:
    """Why one instance can't be ended now, empty where it can."""
    if cluster.kind == "TaskSpec":
        return "a task's run ends by itself, at its deadline or with its file"
    if not instance.id:
        return "it has no container yet"
    if instance.verdict is Verdict.STOPPING:
        return "it is ending already"
    if instance.verdict is Verdict.DEAD:
        return "it has ended already"
    if any(c.type == "Suspended" and c.status == "True" for c in cluster.conditions):
        return f"{cluster.name} is suspended: nothing would take its place"
    return ""
