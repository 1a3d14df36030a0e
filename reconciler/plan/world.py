"""The whole environment's decision in one pure call: verdicts, channel, guard, then each cluster that is due.

Before: the loop has read the directory and looked at the engine. After: the executor, and report for people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from reconciler.plan.actions import WithdrawName
from reconciler.plan.channel import assess, is_canary
from reconciler.plan.draft import Draft
from reconciler.plan.guard import allow_deletions
from reconciler.plan.in_force import InForce, put_in_force
from reconciler.plan.keeping import keep, retire
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.reconcile import reconcile
from reconciler.plan.rollouts import failed_instances
from reconciler.plan.runs import has_completed, judge_run
from reconciler.plan.status import Verdict
from reconciler.plan.terminations import heeded
from reconciler.plan.verdicts import Judgement, judge
from reconciler.spec.cluster import Health, Stop
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Channel, Observed
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale

_UNKNOWN_HEALTH = Health()
_DEFAULT_STOP = Stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the guard has to know of the past: names confirmed, clusters retired a moment ago unasked with their counts,
    and those whose deletion was held (`kept`).
    """

    confirmed: frozenset[str] = frozenset()
    retired: Mapping[str, int] = field(default_factory=dict)
    stops: Mapping[str, Stop] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One pass's result: a plan for each due cluster, the verdict on each container, the channel's next state.

    `held` maps a cluster without a spec to why it is kept; `retiring` are those that are being removed;
    `ready_clusters` are those that others depend on and that are as ready as they are to be. `world` is what is in
    force: the files, with the sizes that autoscaling keeps and the versions that rollouts have gone back to;
    `rollouts` and `scales` are what the next pass takes up.
    """

    plans: tuple[Plan, ...]
    judgements: Mapping[str, Judgement]
    channel: Channel
    held: Mapping[str, Wait] = field(default_factory=dict)
    retiring: frozenset[str] = frozenset()
    ready_clusters: frozenset[str] = frozenset()
    world: WantedWorld = field(default_factory=WantedWorld)
    rollouts: Mapping[str, RolloutState] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)


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
    if observed.terminations:
        observed = replace(observed, terminations=heeded(observed.terminations, world))
    channel, judgements = _listen(world, observed, now, limits)
    observed = replace(observed, channel=channel)
    in_force = put_in_force(world, observed, judgements, now=now)
    world = in_force.world
    ready = ready_clusters(world, observed, judgements)
    absent = {n: len(i) for n, i in observed.instances.items() if i and n not in world.clusters}
    deletions = allow_deletions(
        absent, len(judgements), untrusted=world.untrusted, confirmed=memory.confirmed,
        recent=memory.retired, limits=limits, kept=memory.kept,
    )  # fmt: skip
    held = dict(deletions.held or {})
    plans = {
        name: _one(wanted, observed, judgements, now, limits, ready, in_force)
        for name, wanted in world.clusters.items()
        if due is None or name in due
    }
    for name in sorted(absent):
        if name in held and (due is None or name in due):
            plans[name] = keep(name, observed, judgements, now=now, limits=limits, held=held[name])
        elif due is None or name in due:
            stop = memory.stops.get(name, _DEFAULT_STOP)
            plans[name] = retire(name, observed, now=now, limits=limits, stop=stop)
    _add_stray_names(plans, observed, judgements, now, limits)
    return Decision(
        plans=tuple(plans.values()), judgements=judgements, channel=channel, held=held,
        retiring=deletions.allowed, ready_clusters=ready, world=world, rollouts=in_force.rollouts,
        scales=in_force.scales,
    )  # fmt: skip


def _one(
    wanted: Wanted,
    observed: Observed,
    judgements: dict[str, Judgement],
    now: float,
    limits: Limits,
    ready: frozenset[str],
    in_force: InForce,
) -> Plan:
    """One cluster's plan; a mistake of ours in deciding it holds that cluster and no other."""
    if (met := in_force.bugs.get(wanted.name)) is not None:
        return _bug(wanted.name, met)
    stage = in_force.stages.get(wanted.name)
    try:
        return reconcile(wanted, observed, judgements, now=now, limits=limits, ready_clusters=ready, stage=stage)
    except Exception as bug:  # noqa: BLE001  whatever it is, the other clusters are decided
        return _bug(wanted.name, bug)


def _bug(name: str, bug: Exception) -> Plan:
    message = f"deciding failed inside reconciler ({bug!r}): nothing is done to it; please report this"
    return Plan(cluster=name, held=Wait(reason="ReconcilerBug", message=message))


def _listen(world: WantedWorld, observed: Observed, now: float, limits: Limits) -> tuple[Channel, dict[str, Judgement]]:
    """The verdicts, and whether silence means death; where that is unclear, with the benefit of the doubt."""
    judgements = judge_all(world, observed, now)
    eligible, given_up = _eligible(world), failed_instances(world, observed)
    channel = assess(observed, judgements, eligible=eligible, given_up=given_up, now=now, limits=limits)
    if channel.since != observed.channel.since:  # every silence is counted anew: nobody is given up in this moment
        judgements = judge_all(world, replace(observed, channel=channel), now)
    if channel.blind_since is not None:
        _give_benefit(judgements, channel, observed)
    return channel, judgements


def _eligible(world: WantedWorld) -> frozenset[str]:
    """Clusters in which a canary may be started and a silent one replaced."""
    return frozenset(
        name
        for name, wanted in world.clusters.items()
        if wanted.spec is not None
        and wanted.spec.size
        and not wanted.spec.suspend
        and not wanted.missing_files
        and wanted.spec.task is None
    )


def judge_all(world: WantedWorld, observed: Observed, now: float) -> dict[str, Judgement]:
    """The verdict on every container of the environment, by id."""
    judgements: dict[str, Judgement] = {}
    for name, instances in observed.instances.items():
        wanted = world.clusters.get(name)
        spec = wanted.spec if wanted is not None else None
        health = spec.health if spec is not None else _UNKNOWN_HEALTH
        spec_hash = wanted.spec_hash if wanted is not None else ""
        runs = spec is None or spec.task is not None
        for instance in instances:
            if instance.task and runs:
                judgements[instance.id] = judge_run(instance, observed)
            elif wanted is None or instance.spec_hash == spec_hash:
                judgements[instance.id] = judge(instance, health, observed, now)
            else:  # a change of image and health together must not make the old ones suspects
                own = wanted.spec_of(instance.spec_hash)
                judgements[instance.id] = judge(instance, own.health if own else _UNKNOWN_HEALTH, observed, now)
    return judgements


def ready_clusters(world: WantedWorld, observed: Observed, judgements: Mapping[str, Judgement]) -> frozenset[str]:
    """Of the clusters that others depend on, those with as many ready instances as they want, and completed tasks."""
    asked = {name for wanted in world.clusters.values() if wanted.spec for name in wanted.spec.depends_on}
    clusters = world.clusters
    return frozenset(n for n in asked if n in clusters and _is_ready(clusters[n], observed, judgements))


def _is_ready(wanted: Wanted, observed: Observed, judgements: Mapping[str, Judgement]) -> bool:
    if wanted.spec is None:
        return False
    if wanted.spec.task is not None:
        return has_completed(wanted.spec, wanted, observed)
    healthy = 0
    for instance in observed.instances.get(wanted.name, ()):
        if judgements[instance.id].verdict in (Verdict.READY, Verdict.UNKNOWN):
            healthy += 1
    return healthy >= wanted.spec.size


def _give_benefit(judgements: dict[str, Judgement], channel: Channel, observed: Observed) -> None:
    """While blind, who was heard before is unknown, who never was is still starting; neither is replaced.

    But for the canary: it is tried again, with back-off, as long as it isn't heard, else its own death would be
    taken for our deafness for ever.
    """
    tried = {channel.turn}
    if channel.canary is not None:
        instances = observed.instances.get(channel.canary.cluster, ())
        tried |= {instance.id for instance in instances if is_canary(instance, channel.canary)}
    for key, judgement in judgements.items():
        if judgement.verdict is not Verdict.SUSPECT or key in tried:
            continue
        if judgement.silent:
            judgements[key] = judgement._replace(verdict=Verdict.UNKNOWN, replace_at=None, changes_at=None)
        elif judgement.mute:
            judgements[key] = judgement._replace(verdict=Verdict.STARTING, replace_at=None, changes_at=None)


def _add_stray_names(
    plans: dict[str, Plan], observed: Observed, listed: Collection[str], now: float, limits: Limits
) -> None:
    """Withdraw names of containers that are gone altogether; one plan a cluster, as everywhere."""
    strays = {key for key in observed.names if key not in listed}
    if not strays:
        return
    busy = {flight.id for flights in observed.in_flight.values() for flight in flights}
    for gone in sorted(strays - busy):
        record = observed.names[gone]
        digits = record.instance.removeprefix(record.cluster)
        draft = Draft(record.cluster, observed, now, limits)
        draft.add(
            [
                WithdrawName(
                    cluster=record.cluster,
                    number=int(digits) if digits.isdecimal() else 0,
                    id=gone,
                    cause="its container is gone",
                )
            ]
        )
        stray = draft.done()
        plan = plans.get(record.cluster)
        if plan is None:
            plans[record.cluster] = stray
        else:
            plans[record.cluster] = replace(plan, actions=plan.actions + stray.actions, waits=plan.waits + stray.waits)
