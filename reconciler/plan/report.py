"""From a decision to what people read: counts, instances and conditions of one cluster.

Before: world. After: the loop fills in transition times and hands it to the API, the console and the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.plan.buckets import available
from reconciler.plan.groups import is_of
from reconciler.plan.instance_rows import instance_row, is_unseen, pending_row
from reconciler.plan.placement import ZONE_CLOSED
from reconciler.plan.plan import ROLLED_BACK, ROLLOUT_FAILED, Plan, Wait
from reconciler.plan.rollout_report import rollout_rest, rollout_status, rollout_trouble
from reconciler.plan.scale_report import scale_status, scaling_condition
from reconciler.plan.status import (
    TASK_FAILED,
    ClusterStatus,
    Condition,
    ConditionType,
    Kind,
    RolloutStatus,
    Verdict,
)
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed

_DEGRADING = frozenset({
    "CrashBackOff", "CreateFailed", "ActionFailed", "ImagePullBackOff", "ImageMissing", "FileMissing",
    "SpecUnreadable", TASK_FAILED, ROLLED_BACK, ROLLOUT_FAILED,
})  # fmt: skip
_DOING = {
    "create": "creating", "pull": "fetching", "terminate": "stopping", "kill": "killing",
    "remove": "removing", "publish": "naming", "withdraw": "withdrawing the name of",
    "activate": "giving traffic to", "deactivate": "withdrawing traffic from",
}  # fmt: skip


def cluster_status(
    wanted: Wanted,
    plan: Plan,
    observed: Observed,
    judgements: Mapping[str, Judgement],
    *,
    now: float,
    epoch: float | None = None,
) -> ClusterStatus:
    """The status of a cluster that has a file; `epoch` is attended time's zero in Unix seconds, where it is known."""
    spec = wanted.spec
    instances = observed.instances.get(wanted.name, ())
    rows = tuple(instance_row(i, spec, observed, judgements[i.id], now, epoch) for i in instances)
    rows += tuple(pending_row(f) for f in observed.in_flight.get(wanted.name, ()) if is_unseen(f, instances))
    rollout = rollout_status(wanted, plan, observed, judgements, now=now)
    bake = spec.rollout.bake_seconds if spec else 0.0
    live = [i for i in instances if _is_there(i, judgements[i.id])]
    updated = [i for i in live if is_of(wanted, i.spec_hash, i.image_id, observed)]
    counts = _Counts(
        desired=spec.size if spec else len(live),
        current=len(live),
        updated=len(updated),
        ready=sum(1 for i in live if judgements[i.id].verdict in (Verdict.READY, Verdict.UNKNOWN)),
        available=sum(1 for i in live if available(i, judgements[i.id], observed, now, bake)),
    )
    return ClusterStatus(
        name=wanted.name,
        desired=counts.desired,
        current=counts.current,
        updated=counts.updated,
        ready=counts.ready,
        available=counts.available,
        revision=_revision(updated or live, observed, wanted.name),
        zones=spec.zones if spec else tuple(sorted({i.zone for i in instances})),
        generation=wanted.generation,
        conditions=(
            *_conditions(wanted, plan, counts, judgements, live, observed, rollout),
            *scaling_condition(wanted, observed),
        ),
        instances=tuple(sorted(rows, key=lambda row: row.number)),
        problems=wanted.problems,
        doing=_doing(wanted.name, plan, observed),
        image=spec.image if spec else "",
        dns=spec.dns_label if spec else wanted.name,
        kind=_kind(spec, instances),
        rollout=rollout,
        chaos=spec is not None and spec.chaos is not None and spec.chaos.enabled,
        scale=scale_status(wanted, observed),
        traffic=spec is None or spec.traffic,
    )


def orphan_status(
    name: str,
    plan: Plan | None,
    observed: Observed,
    judgements: Mapping[str, Judgement],
    *,
    now: float,
    epoch: float | None = None,
) -> ClusterStatus:
    """The status of a cluster that has no file any more: held by a guard, or being removed."""
    instances = observed.instances.get(name, ())
    held = plan.held if plan else None
    rows = tuple(instance_row(i, None, observed, judgements[i.id], now, epoch) for i in instances)
    kept = Condition(type="Held", status="True", reason=held.reason, message=held.message) if held else None
    removing = Condition(type="Progressing", status="True", reason="SpecDeleted", message="being removed")
    return ClusterStatus(
        name=name, desired=len(instances) if held else 0, current=len(instances), updated=0,
        ready=sum(1 for row in rows if row.verdict is Verdict.READY), available=0,
        revision=_revision(list(instances), observed, name), zones=tuple(sorted({i.zone for i in instances})),
        generation=0, conditions=(kept or removing,), instances=rows,
        doing=_doing(name, plan or Plan(cluster=name), observed), dns=name,
        kind=_kind(None, instances),
    )  # fmt: skip


def _is_there(instance: Instance, judgement: Judgement) -> bool:
    """What counts towards the size: whoever runs and is to run on, and the record of a task that has completed."""
    if judgement.verdict is Verdict.STOPPING:
        return False
    return instance.alive or judgement.verdict is Verdict.READY


def _kind(spec: ClusterSpec | None, instances: tuple[Instance, ...]) -> Kind:
    task = spec.task is not None if spec is not None else bool(instances) and all(i.task for i in instances)
    return "TaskSpec" if task else "ClusterSpec"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    desired: int
    current: int
    updated: int
    ready: int
    available: int


def _conditions(
    wanted: Wanted,
    plan: Plan,
    counts: _Counts,
    judgements: Mapping[str, Judgement],
    live: list[Instance],
    observed: Observed,
    rollout: RolloutStatus | None,
) -> list[Condition]:
    generation = wanted.generation

    def condition(kind: ConditionType, reason: str, message: str = "", *, on: bool) -> Condition:
        return Condition(
            type=kind, status="True" if on else "False", reason=reason, message=message,
            observed_generation=generation,
        )  # fmt: skip

    complete = counts.ready >= counts.desired == counts.updated == counts.current
    failed = rollout_trouble(rollout)
    if failed is not None and failed.reason == ROLLED_BACK:  # what runs isn't what the file says
        result = [condition("Ready", failed.reason, failed.message, on=False)]
    else:
        result = [condition("Ready", "AllReady" if complete else "NotAllReady", _missing(counts), on=complete)]
    shut = _shut(wanted, plan, counts, observed)
    moving, why = _progress(plan, shut, busy=bool(observed.in_flight.get(wanted.name)), complete=complete)
    result.append(condition("Progressing", why.reason, why.message, on=moving))
    trouble = failed or _trouble(wanted, plan, live, judgements, observed) or shut
    if trouble is None:
        result.append(condition("Degraded", "AsExpected", on=False))
    else:
        result.append(condition("Degraded", trouble.reason, trouble.message, on=True))
    if wanted.spec is not None and wanted.spec.suspend:
        message = f"`reconciler resume {wanted.name}` takes it up again"
        result.append(condition("Suspended", "Suspended", message, on=True))
    if wanted.spec is not None and not wanted.spec.traffic:
        message = "its file says `traffic: false`: it runs and heals, but no name and no registry leads to it"
        result.append(condition("NoTraffic", "SpecSaysSo", message, on=True))
    if plan.held is not None:
        result.append(condition("Held", plan.held.reason, plan.held.message, on=True))
    return result


def _progress(plan: Plan, shut: Wait | None, *, busy: bool, complete: bool) -> tuple[bool, Wait]:
    """Whether it comes nearer to what is wanted, and what it waits for."""
    waits = [wait for wait in plan.waits if wait.reason not in _DEGRADING]
    moving = bool(plan.actions or waits or busy) or not complete
    why = waits[0] if waits else Wait(reason="Converging" if moving else "Settled", message="")
    if shut is not None and waits == [shut] and not plan.actions and not busy:
        return False, shut
    if suspended := [wait for wait in waits if wait.reason == "Suspended"]:
        return False, suspended[0]
    if failed := [wait for wait in plan.waits if wait.reason == TASK_FAILED]:
        return False, failed[0]
    if not busy and (rest := rollout_rest(plan)) is not None:
        return False, rest
    return moving, why


def _trouble(
    wanted: Wanted, plan: Plan, live: list[Instance], judgements: Mapping[str, Judgement], observed: Observed
) -> Wait | None:
    for wait in plan.waits:
        if wait.reason in _DEGRADING:
            return wait
    if wanted.problems:
        return Wait(reason="SpecInvalid", message=str(wanted.problems[0]))
    if wanted.missing_files:
        return Wait(reason="FileMissing", message=f"{', '.join(wanted.missing_files)}: no such file")
    if deaf := observed.deaf.get(wanted.name):
        return Wait(reason="EurekaUnreachable", message=f"traffic is neither given nor withdrawn there: {deaf}")
    for instance in live:
        judgement = judgements[instance.id]
        if judgement.verdict is Verdict.SUSPECT:
            return Wait(reason="InstanceSuspect", message=f"{wanted.name}-{instance.number} {judgement.cause}")
    return None


def _shut(wanted: Wanted, plan: Plan, counts: _Counts, observed: Observed) -> Wait | None:
    """Closed zones are asked for. They are trouble where somebody is missing for them, and where no zone is open:
    then nobody who dies is replaced.
    """
    waits = [wait for wait in plan.waits if wait.reason == ZONE_CLOSED]
    if waits and counts.ready < counts.desired:
        return waits[0]
    spec = wanted.spec
    if spec is None or not spec.size or not observed.closed_zones.keys() >= {*spec.zones}:
        return None
    if spec.task is not None and counts.ready:  # it has completed: nothing of it is ever made again
        return None
    closed = ", ".join(spec.zones)
    message = f"all its zones are closed ({closed}): what runs stays, nothing is made until one opens"
    return Wait(reason="AllZonesClosed", message=message)


def _missing(counts: _Counts) -> str:
    if counts.updated < counts.current:  # of a red-black rollout both groups are there: more than are wanted
        return f"{counts.updated} of {counts.current} there are of the wanted revision, {counts.desired} wanted"
    return f"{counts.ready} of {counts.desired} are ready"


def _revision(instances: list[Instance], observed: Observed, name: str) -> str:
    if instances:
        return max(instances, key=lambda i: i.number).revision
    history = observed.history.get(name)
    return history[-1].revision if history else ""


def _doing(name: str, plan: Plan, observed: Observed) -> tuple[str, ...]:
    """Sentences, what is under way first."""
    lines = [f"{_DOING.get(f.kind, f.kind)} {name}-{f.number}" for f in observed.in_flight.get(name, ()) if f.number]
    lines += [f"{_DOING[action.kind]} {action.subject}: {action.cause}" for action in plan.actions]
    lines += [f"{wait.reason}: {wait.message}" for wait in plan.waits]
    return tuple(dict.fromkeys(lines))
