"""Sorting a cluster's containers into buckets by ordered rules: the first that matches wins.

Before: verdicts. After: filling, thinning, ending. A bucket says what may become of an instance, not what will.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from reconciler.plan.backoff import next_start_at
from reconciler.plan.groups import Stage, is_of
from reconciler.plan.limits import Limits
from reconciler.plan.placement import Ground, ground_of
from reconciler.plan.status import Verdict
from reconciler.plan.terminations import kept_until
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import InFlight, Observed

_ENDING_KINDS = frozenset({"terminate", "kill", "remove"})
HEALTHY = frozenset({Verdict.READY, Verdict.UNKNOWN})
REMOVAL_SECONDS = 10.0


@dataclass(slots=True, kw_only=True)
class Buckets:
    """`busy`: an action on it is under way. `going`: told to end. `corpses`: ended, number still taken.
    `leaving`: of the going, those that a person wants ended or somebody else removes, each with the instant until which
    its number is kept.
    `lost`: suspects whose grace and back-off are over and who are within the budget. `sound`: all others that run.
    `outdated` maps sound ids to the cause. `pending` are creations under way. `patient` maps suspects that only
    back-off still spares to the instant when it is over. `stuck` maps sound ids in closed zones of the `ground` to why
    they would be replaced or moved if their zone were open.
    """

    going: list[Instance] = field(default_factory=list)
    corpses: list[Instance] = field(default_factory=list)
    lost: list[Instance] = field(default_factory=list)
    sound: list[Instance] = field(default_factory=list)
    outdated: dict[str, str] = field(default_factory=dict)
    pending: list[InFlight]
    busy: frozenset[str]
    ground: Ground
    stuck: dict[str, str] = field(default_factory=dict)
    patient: dict[str, float] = field(default_factory=dict)
    leaving: list[tuple[Instance, float]] = field(default_factory=list)

    @property
    def former(self) -> list[Instance]:
        """Those whose number is to be filled again."""
        return [*self.corpses, *self.lost]

    @property
    def empty(self) -> bool:
        """Not one container, nor one being made."""
        return not (self.sound or self.going or self.corpses or self.lost or self.pending)


def sort_instances(
    spec: ClusterSpec,
    wanted: Wanted,
    stage: Stage,
    observed: Observed,
    judgements: dict[str, Judgement],
    now: float,
    limits: Limits,
) -> Buckets:
    """Put every container of the cluster into its bucket."""
    flights = observed.in_flight.get(spec.name, ())
    ended_by_us = frozenset(flight.id for flight in flights if flight.id and flight.kind in _ENDING_KINDS)
    result = Buckets(
        busy=frozenset(flight.id for flight in flights if flight.id),
        pending=[flight for flight in flights if flight.kind == "create"],
        ground=ground_of(spec, observed.closed_zones),
    )
    being_made = {flight.number for flight in result.pending}
    for instance in observed.instances.get(spec.name, ()):
        verdict = judgements[instance.id].verdict
        if instance.number in being_made:  # the creation under way speaks for this number
            continue
        if verdict is Verdict.STOPPING or instance.id in ended_by_us:
            result.going.append(instance)
            until = _number_kept_until(instance, spec, observed, result.busy, now)
            if until is not None and now < until:
                result.leaving.append((instance, until))
        elif verdict is Verdict.DEAD:
            result.corpses.append(instance)
        else:
            result.sound.append(instance)
    _give_up(result, spec, stage, observed, judgements, now, limits)
    for instance, cause in _outdated(spec, wanted, stage, observed, result.sound):
        (result.stuck if instance.zone in result.ground.closed else result.outdated)[instance.id] = cause
    return result


def _number_kept_until(
    instance: Instance, spec: ClusterSpec, observed: Observed, busy: Collection[str], now: float
) -> float | None:
    """For one that a person wants ended, whose number is filled again; and for a container that is being removed though
    we didn't tell it to end: the engine needs a moment for it.
    """
    if (asked := observed.terminations.get(instance.id)) is not None:
        return kept_until(asked, spec.stop)
    sighting = observed.sightings.get(instance.id)
    if (
        instance.id in busy
        or instance.state is not EngineState.REMOVING
        or sighting is None
        or sighting.terminated_at is not None
    ):
        return None
    since = now if sighting.removing_since is None else sighting.removing_since
    return since + REMOVAL_SECONDS


def available(instance: Instance, judgement: Judgement, observed: Observed, now: float, bake: float) -> bool:
    """Ready, and for `bake` seconds already; where others of its cluster are UP in a registry, it is so, too."""
    if judgement.verdict not in HEALTHY or instance.id in observed.unlisted:
        return False
    sighting = observed.sightings.get(instance.id)
    ready_since = now if sighting is None or sighting.ready_since is None else sighting.ready_since
    return now - ready_since >= bake


def _give_up(
    result: Buckets,
    spec: ClusterSpec,
    stage: Stage,
    observed: Observed,
    judgements: dict[str, Judgement],
    now: float,
    limits: Limits,
) -> None:
    """Move suspects whose time is over from `sound` to `lost`, as many as may be replaced at a time."""
    suspects: list[Instance] = []
    for instance in result.sound:
        judgement = judgements[instance.id]
        if judgement.verdict is not Verdict.SUSPECT or judgement.replace_at is None:
            continue
        if now < judgement.replace_at:
            continue
        if instance.zone in result.ground.closed:  # its end would gain nothing: no successor may be made
            result.stuck[instance.id] = judgement.cause
            continue
        due_at = now
        if any(is_of(group.wanted, instance.spec_hash, instance.image_id, observed) for group in stage.groups):
            due_at = next_start_at(instance, judgement, observed, now, limits)
        if now < due_at:
            result.patient[instance.id] = due_at
        elif instance.id not in result.busy:
            suspects.append(instance)
    being_replaced = sum(1 for flight in result.pending if flight.id)
    result.lost = suspects[: max(0, _budget(spec.size, limits) - being_replaced)]
    lost_ids = {instance.id for instance in result.lost}
    result.sound = [instance for instance in result.sound if instance.id not in lost_ids]


def _budget(size: int, limits: Limits) -> int:
    """Suspects replaced at a time: n - floor((1 - fraction) n), one at least (Eureka's eviction bound)."""
    return max(1, size - int((1 - limits.suspect_fraction) * size))


def _outdated(
    spec: ClusterSpec, wanted: Wanted, stage: Stage, observed: Observed, sound: list[Instance]
) -> Iterator[tuple[Instance, str]]:
    if wanted.missing_files or not spec.size:  # where nobody is wanted, all are surplus
        return
    for instance in sound:
        if stage.index_of(instance.spec_hash, instance.image_id, observed) is not None:
            continue
        if stage.cause:
            yield instance, stage.cause
        elif instance.spec_hash != wanted.spec_hash:
            yield instance, f"outdated: {instance.revision} is not what the spec says"
        else:
            yield instance, f"image rebuilt: {spec.image} is another image now"
