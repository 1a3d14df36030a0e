"""The whole environment's decision in one pure call: verdicts, channel, guard, then each cluster that is due.

Before: the loop has read the directory and looked at the engine. After: the executor, and report for people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from reconciler.plan.actions import WithdrawName
from reconciler.plan.channel import assess
from reconciler.plan.guard import allow_deletions
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.reconcile import reconcile, retire
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement, judge
from reconciler.spec.cluster import Health, Stop
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Channel, Observed

_UNKNOWN_HEALTH = Health()
_DEFAULT_STOP = Stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the guard has to know of the past: confirmed names, and clusters retired a moment ago with their counts."""

    confirmed: frozenset[str] = frozenset()
    retired: Mapping[str, int] = field(default_factory=dict)
    stops: Mapping[str, Stop] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One pass's result: a plan for each due cluster, the verdict on each container, the channel's next state.

    `held` maps a cluster without a spec to why it is kept; `retiring` are those that are being removed.
    """

    plans: tuple[Plan, ...]
    judgements: Mapping[str, Judgement]
    channel: Channel
    held: Mapping[str, Wait] = field(default_factory=dict)
    retiring: frozenset[str] = frozenset()
    ready_clusters: frozenset[str] = frozenset()


def decide(
    world: WantedWorld,
    observed: Observed,
    *,
    now: float,
    limits: Limits,
    memory: Memory | None = None,
    due: Collection[str] | None = None,
) -> Decision:
    """Decide for the clusters in `due` (all when None), with the whole environment in view."""
    memory = memory or Memory()
    judgements = judge_all(world, observed, now)
    everyone = [i for instances in observed.instances.values() for i in instances]
    channel = assess(observed.channel, everyone, judgements, now=now, limits=limits)
    observed = replace(observed, channel=channel)
    if channel.blind_since is not None:
        _give_benefit(judgements, channel)
    ready = ready_clusters(world, observed, judgements)
    absent = {n: len(i) for n, i in observed.instances.items() if i and n not in world.clusters}
    deletions = allow_deletions(
        absent, len(everyone), untrusted=world.untrusted, confirmed=memory.confirmed,
        recent=memory.retired, limits=limits,
    )  # fmt: skip
    held = dict(deletions.held or {})
    plans = [
        reconcile(wanted, observed, judgements, now=now, limits=limits, ready_clusters=ready)
        for name, wanted in world.clusters.items()
        if due is None or name in due
    ]
    for name in sorted(absent):
        if due is None or name in due:
            if name in held:
                plans.append(Plan(cluster=name, held=held[name]))
            else:
                plans.append(retire(name, observed, now=now, stop=memory.stops.get(name, _DEFAULT_STOP)))
    plans += _stray_names(observed)
    return Decision(
        plans=tuple(plans), judgements=judgements, channel=channel, held=held,
        retiring=deletions.allowed, ready_clusters=ready,
    )  # fmt: skip


def judge_all(world: WantedWorld, observed: Observed, now: float) -> dict[str, Judgement]:
    """The verdict on every container of the environment, by id."""
    judgements: dict[str, Judgement] = {}
    for name, instances in observed.instances.items():
        wanted = world.clusters.get(name)
        health = wanted.spec.health if wanted is not None and wanted.spec is not None else _UNKNOWN_HEALTH
        for instance in instances:
            judgements[instance.id] = judge(instance, health, observed, now)
    return judgements


def ready_clusters(
    world: WantedWorld, observed: Observed, judgements: Mapping[str, Judgement]
) -> frozenset[str]:
    """Clusters with as many ready instances as they want: their dependents may start."""
    return frozenset(name for name, wanted in world.clusters.items() if _is_ready(wanted, observed, judgements))


def _is_ready(wanted: Wanted, observed: Observed, judgements: Mapping[str, Judgement]) -> bool:
    if wanted.spec is None:
        return False
    healthy = 0
    for instance in observed.instances.get(wanted.name, ()):
        if judgements[instance.id].verdict in (Verdict.READY, Verdict.UNKNOWN):
            healthy += 1
    return healthy >= wanted.spec.size


def _give_benefit(judgements: dict[str, Judgement], channel: Channel) -> None:
    """While blind, who was heard before is unknown, who never was is still starting; neither is replaced."""
    for id, judgement in judgements.items():
        if judgement.verdict is not Verdict.SUSPECT or id == channel.turn:
            continue
        if judgement.silent:
            judgements[id] = replace(judgement, verdict=Verdict.UNKNOWN, replace_at=None, changes_at=None)
        elif judgement.mute:
            judgements[id] = replace(judgement, verdict=Verdict.STARTING, replace_at=None, changes_at=None)


def _stray_names(observed: Observed) -> list[Plan]:
    """Names of containers that are gone altogether."""
    if not observed.names:
        return []
    listed = {i.id for instances in observed.instances.values() for i in instances}
    ending = {f.id for flights in observed.in_flight.values() for f in flights if f.kind in ("publish", "withdraw")}
    strays = [
        WithdrawName(
            cluster=record.cluster,
            number=int(record.instance.removeprefix(record.cluster) or 0),
            id=id,
            cause="its container is gone",
        )
        for id, record in observed.names.items()
        if id not in listed and id not in ending
    ]
    return [Plan(cluster=stray.cluster, actions=(stray,)) for stray in strays]
