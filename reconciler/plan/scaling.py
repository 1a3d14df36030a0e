"""How many instances a cluster has whose file says `autoscale`: the size follows a metric's mean.

Before: verdicts and metrics. After: in_force, which puts the size in the spec's place; reconcile knows of no other.
The rules and their reasons are in docs/explanation/how-it-scales.md. A size never changes on a guess: where nobody
tells the metric, or what is seen can't be trusted, it stays.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.plan.metrics import metric_of, why_missing
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import NEVER_SEEN, Judgement
from reconciler.spec.cluster import Autoscale, ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale

TOLERANCE = 0.10
YOUNG_SECONDS = 5.0  # what figures are averaged over: before that, they tell of the start
GAP_SECONDS = 15.0  # more than a resync: nobody looked
STEP = 4  # out by so many at once, or to twice as many
METRIC_MISSING, NONE_READY, BLIND, SUSPENDED = "MetricMissing", "NoneReady", "Blind", "Suspended"
AT_MAX, ROLLOUT = "AtMax", "RolloutUnderWay"
IDLE = frozenset({METRIC_MISSING, NONE_READY, BLIND, SUSPENDED, "ReconcilerBug"})
"""Reasons for which the size follows nothing at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the serving instances tell: `total` over `count` of them, of `size` that there should be."""

    total: float
    count: int
    size: int

    @property
    def mean(self) -> float:
        return self.total / self.count


def scale(
    wanted: Wanted,
    spec: ClusterSpec,
    observed: Observed,
    judgements: Mapping[str, Judgement],
    before: Scale | None,
    *,
    now: float,
) -> Scale | None:
    """The size in force from now on, None where the file doesn't ask for autoscaling."""
    auto = spec.autoscale
    if auto is None or spec.task is not None:
        return None
    if before is None or before.file_size != spec.size:
        before = _begin(spec, auto, observed, judgements, now, anew=before is not None)
    before = _bounded(before, auto, now)
    if before.recommended and now - before.recommended[-1][0] > GAP_SECONDS:
        before = _recommend(before, before.size, auto, now)
    if spec.suspend:
        return _hold(before, auto, now, SUSPENDED, "suspended: the size stays as it is")
    if observed.channel.blind_since is not None:
        return _hold(before, auto, now, BLIND, "heartbeats can't be trusted now: the size stays as it is")
    serving = [i for i in observed.instances.get(spec.name, ()) if _serves(i, observed, judgements, now)]
    if not serving:
        return _hold(before, auto, now, NONE_READY, f"no instance has served for {YOUNG_SECONDS:g} s yet")
    values = [
        value
        for i in serving
        if (value := metric_of(i, wanted.spec_of(i.spec_hash) or spec, observed, auto.metric, now)) is not None
    ]
    if not values:
        with_agent = any(i.has_agent or i.id in observed.beats for i in serving)
        return _hold(before, auto, now, METRIC_MISSING, why_missing(auto.metric, spec, with_agent=with_agent))
    reading = _Reading(total=sum(values), count=len(values), size=before.size)
    return _follow(before, reading, auto, now, never_in=_staged(spec, observed.rollouts.get(spec.name)))


def _begin(
    spec: ClusterSpec,
    auto: Autoscale,
    observed: Observed,
    judgements: Mapping[str, Judgement],
    now: float,
    *,
    anew: bool,
) -> Scale:
    """The file's size, where it is new or was edited; a loop that finds instances goes on with as many."""
    there = 0 if anew else _standing(spec, observed, judgements)
    size = min(auto.max, max(auto.min, there or spec.size))
    reason = f"{there} were there" if there else f"its file says {spec.size}"
    return Scale(size=size, file_size=spec.size, reason=reason, recommended=((now, size),))


def _standing(spec: ClusterSpec, observed: Observed, judgements: Mapping[str, Judgement]) -> int:
    """How many are there, the dead too, who is ending not. In the middle of a rollout more are there than are wanted:
    the size that it was of is kept with it. Where that is lost, one too many goes by itself after `cooldown_in`; one
    too few would be a healthy one taken away under load.
    """
    there = [i for i in observed.instances.get(spec.name, ()) if judgements[i.id].verdict is not Verdict.STOPPING]
    rollout = observed.rollouts.get(spec.name)
    if there and rollout is not None and not rollout.done and rollout.size:
        return rollout.size
    groups: dict[tuple[str, str], set[int]] = {}
    for instance in there:
        groups.setdefault((instance.spec_hash, instance.image_id), set()).add(instance.number)
    if spec.rollout.strategy == "red-black":
        return max(map(len, groups.values()), default=0)
    return len({instance.number for instance in there})


def _bounded(before: Scale, auto: Autoscale, now: float) -> Scale:
    """`min` and `max` hold at once, whoever edited them."""
    size = min(auto.max, max(auto.min, before.size))
    if size == before.size:
        return before
    edge = f"min is {auto.min}" if size > before.size else f"max is {auto.max}"
    return _changed(before, size, f"{edge}: {before.size} -> {size}", now)


def _changed(before: Scale, size: int, reason: str, now: float) -> Scale:
    out_at, in_at = (now, before.in_at) if size > before.size else (before.out_at, now)
    return replace(before, size=size, reason=reason, out_at=out_at, in_at=in_at)


def _hold(before: Scale, auto: Autoscale, now: float, word: str, why: str) -> Scale:
    return replace(_recommend(before, before.size, auto, now), value=None, hold=why, hold_reason=word)


def _serves(instance: Instance, observed: Observed, judgements: Mapping[str, Judgement], now: float) -> bool:
    """Whether its figures tell of its share of the load: it is ready, its name is given, and not since just now."""
    record = observed.names.get(instance.id)
    if judgements[instance.id].verdict is not Verdict.READY or record is None or not record.ready:
        return False
    ready_since = observed.sightings.get(instance.id, NEVER_SEEN).ready_since
    return ready_since is not None and now - ready_since >= YOUNG_SECONDS


def _staged(spec: ClusterSpec, rollout: RolloutState | None) -> bool:
    """While traffic is between two groups, the load of each says nothing of how many are too many."""
    if rollout is None or rollout.done or rollout.failed:
        return False
    strategy = spec.rollout.strategy
    return strategy == "red-black" or (strategy == "canary" and not rollout.promoted)


def _ask(reading: _Reading, target: float) -> int:
    """The size that brings the mean to the target. Those that tell nothing (yet) have no load where it is about more,
    and the target's where it is about fewer: neither overshoots.
    """
    absent = max(0, reading.size - reading.count)
    if reading.mean > target:
        count, total = reading.count + absent, reading.total
        if total <= target * count * (1.0 + TOLERANCE):
            return reading.size
        return max(reading.size, _ceiling(total / target))
    total = reading.total + absent * target
    if total >= target * (reading.count + absent) * (1.0 - TOLERANCE):
        return reading.size
    return min(reading.size, _ceiling(total / target))


def _ceiling(size: float) -> int:
    """Rounded up, but for what only the arithmetic of fractions added."""
    return math.ceil(round(size, 6))


def _follow(before: Scale, reading: _Reading, auto: Autoscale, now: float, *, never_in: bool) -> Scale:
    asked = _ask(reading, auto.target)
    size = min(auto.max, max(auto.min, asked))
    seen = replace(_recommend(before, size, auto, now), value=reading.mean, hold="", hold_reason="")
    if asked > auto.max:
        seen = replace(seen, hold=f"{asked} are wanted, max is {auto.max}", hold_reason=AT_MAX)
    if size > before.size:
        if before.out_at is not None and now - before.out_at < auto.cooldown_out_seconds:
            return seen
        size = min(size, max(2 * before.size, before.size + STEP))
        return _changed(seen, size, _sentence(auto, reading, before.size, size), now)
    size = max(wanted for _, wanted in seen.recommended)
    last_change = max(before.out_at or -math.inf, before.in_at or -math.inf)
    if size >= before.size or now - last_change < auto.cooldown_in_seconds:
        return seen
    if never_in:
        return replace(seen, hold="a rollout is under way: none is taken away", hold_reason=ROLLOUT)
    return _changed(seen, size, _sentence(auto, reading, before.size, size), now)


def _recommend(before: Scale, size: int, auto: Autoscale, now: float) -> Scale:
    """Remember what was asked for, as long as it may keep the size up; smaller ones before a larger one never will."""
    since = now - auto.cooldown_in_seconds
    kept = [(at, other) for at, other in before.recommended if at >= since and other > size]
    return replace(before, recommended=(*kept, (now, size)))


def _sentence(auto: Autoscale, reading: _Reading, before: int, size: int) -> str:
    unit = " %" if auto.metric in ("cpu", "memory") else ""
    mean, target = _figure(reading.mean), _figure(auto.target)
    limit = " (max)" if before < size == auto.max else " (min)" if before > size == auto.min else ""
    return f"{auto.metric} {mean}{unit} per instance, target {target}{unit}: {before} -> {size}{limit}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
