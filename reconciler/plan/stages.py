"""What a rollout makes of its cluster now: the spec in force, and its groups.

Before: rollouts. After: reconcile. Nothing is remembered here: the same state and the same sight give the same stage.
"""

from dataclasses import replace

from reconciler.plan.groups import Group, Stage
from reconciler.plan.plan import (
    CANARY_WAITING,
    JUDGMENT_WAITING,
    ROLLED_BACK,
    ROLLOUT_FAILED,
    ROLLOUT_PAUSED,
    SWITCHED,
    Wait,
)
from reconciler.plan.progress import Progress
from reconciler.plan.rollouts import (
    deadline_seconds,
    has_two_groups,
    in_canary_stage,
    in_judgment,
    knows_back,
    replaces,
    returns,
    why_failed,
)
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.rollouts import RolloutState

METRIC_SECONDS = 1.0


def stage(wanted: Wanted, state: RolloutState, seen: Progress | None, now: float) -> tuple[Wanted, Stage | None]:
    """The spec in force, and its groups; None where there is but one and nothing to say."""
    spec = wanted.spec
    if spec is None or seen is None or state.done:
        return wanted, None
    judged = spec.rollout.strategy == "red-black" and spec.rollout.red_black.judged
    unjudged = judged and not state.promoted and state.switched_at is None
    if returns(state, wanted):
        former = gone_back(wanted, spec, state)
        group = Group(wanted=former, size=spec.size, revision=_label(state))
        cause = f"rolled back: {state.to.revision} failed"
        return former, Stage(groups=(group,), cause=cause, waits=(_rolled_back(state),), reserved=unjudged)
    if not spec.size:  # nobody is wanted: whoever is there is surplus
        return wanted, None
    groups = _groups(wanted, spec, state, seen, now)
    waits: list[Wait] = []
    if state.failed:
        message = f"{state.to.revision} failed: {why_failed(state, wanted)}"
        waits.append(Wait(reason=ROLLOUT_FAILED, message=message))
    if state.held_at is not None:
        message = f"{state.to.revision} is paused; `reconciler rollout resume {wanted.name}` goes on"
        waits.append(Wait(reason=ROLLOUT_PAUSED, message=message))
    elif state.switched_at is not None and seen.others:
        waits.append(_switched_wait(state, spec.rollout.red_black.keep_seconds, now))
    elif in_canary_stage(state, spec, seen):
        waits.append(_canary_wait(wanted, spec, state, seen))
    elif in_judgment(state, wanted, spec, seen) and seen.available >= spec.size:
        waits.append(_judgment_wait(wanted, spec, state))
    wake_at = _instants(state, spec, now) if replaces(state, seen) and state.held_at is None else ()
    moved = state.switched_at is not None
    before_the_switch = spec.rollout.strategy == "red-black" and len(groups) > 1 and not moved
    reserved = unjudged or before_the_switch
    return wanted, Stage(groups=groups, waits=tuple(waits), wake_at=wake_at, moved=moved, reserved=reserved)


def gone_back(wanted: Wanted, spec: ClusterSpec, state: RolloutState) -> Wanted:
    """The cluster as its file wants it, of the version before."""
    back = state.back
    if back is None:
        return wanted
    earlier = spec if back.spec_hash == wanted.spec_hash else wanted.earlier[back.spec_hash]
    return replace(
        wanted, spec=spec.dressed_as(earlier), spec_hash=back.spec_hash, pinned=back.image_id or None
    )  # fmt: skip


def _groups(wanted: Wanted, spec: ClusterSpec, state: RolloutState, seen: Progress, now: float) -> tuple[Group, ...]:
    size = spec.size
    if has_two_groups(state, wanted, spec, seen):
        if state.switched_at is not None and now >= state.switched_at + spec.rollout.red_black.keep_seconds:
            return (Group(wanted=wanted, size=size),)
        moved = state.switched_at is not None
        new = size if moved or state.held_at is None else min(size, state.held_at)
        old = Group(wanted=gone_back(wanted, spec, state), size=size, serves=not moved, revision=_label(state))
        return (Group(wanted=wanted, size=new, serves=moved), old)
    if in_judgment(state, wanted, spec, seen):  # what stands there can't be made again, and has the traffic
        new = size if state.held_at is None else min(size, state.held_at)
        old = Group(wanted=wanted, size=seen.others, others=True, revision=_label(state))
        return (Group(wanted=wanted, size=new, serves=False), old)
    if state.held_at is not None:
        return _beside(wanted, spec, state, seen, state.held_at, others=True)
    if in_canary_stage(state, spec, seen):
        return _beside(wanted, spec, state, seen, spec.rollout.canary.count(size), others=False)
    return (Group(wanted=wanted, size=size),)


def _beside(
    wanted: Wanted, spec: ClusterSpec, state: RolloutState, seen: Progress, new: int, *, others: bool
) -> tuple[Group, ...]:
    """So many of the new version, the rest as before; where that can't be made again, as many as there are of it."""
    size = spec.size
    if knows_back(state, wanted):
        former = gone_back(wanted, spec, state)
    else:
        former, others, new = wanted, True, max(new, size - seen.others)
    new = min(size, new)
    old = Group(wanted=former, size=size - new, others=others, revision=_label(state))
    return (Group(wanted=wanted, size=new), old)


def _label(state: RolloutState) -> str:
    return state.back.revision if state.back is not None else ""


def _instants(state: RolloutState, spec: ClusterSpec, now: float) -> tuple[float, ...]:
    """When time alone brings it further; a metric is looked at about as often as it is told."""
    instants = [state.progressed_at + deadline_seconds(spec)]
    after, metric = spec.rollout.canary.after_seconds, spec.rollout.canary.metric
    if spec.rollout.strategy == "canary" and metric is not None and not state.promoted:
        instants.append(now + METRIC_SECONDS)
    if state.gate_since is not None and after is not None:
        instants.append(state.gate_since + after)
    if state.switched_at is not None:
        instants.append(state.switched_at + spec.rollout.red_black.keep_seconds)
    return tuple(instants)


def _rolled_back(state: RolloutState) -> Wait:
    message = f"{state.to.revision} failed: {state.failed}; {_label(state)} stays until the file wants something else"
    return Wait(reason=ROLLED_BACK, message=message)


def _switched_wait(state: RolloutState, keep_seconds: float, now: float) -> Wait:
    """Without a countdown: who follows a rollout is told of what changes."""
    over = state.switched_at is not None and now >= state.switched_at + keep_seconds
    kept = "ends" if over else f"is kept for {keep_seconds:g} s"
    return Wait(reason=SWITCHED, message=f"{state.to.revision} has the traffic; {_label(state)} {kept}")


def _judgment_wait(wanted: Wanted, spec: ClusterSpec, state: RolloutState) -> Wait:
    stands = f"{spec.size} of {state.to.revision} stand without traffic"
    message = f"{stands}; `reconciler rollout promote {wanted.name}` gives them the traffic"
    return Wait(reason=JUDGMENT_WAITING, message=message)


def _canary_wait(wanted: Wanted, spec: ClusterSpec, state: RolloutState, seen: Progress) -> Wait:
    stage_of, count = spec.rollout.canary, spec.rollout.canary.count(spec.size)
    who = f"{count} {'canary' if count == 1 else 'canaries'} of {state.to.revision}"
    if seen.available < count:
        return Wait(reason="CanaryStarting", message=f"{who}: {seen.available} available")
    if stage_of.metric is not None and seen.metric is None:
        return Wait(reason="MetricMissing", message=f"{who}: nobody tells `{stage_of.metric}`, so it can't go on")
    if stage_of.after_seconds is None or state.gate_since is None:
        stand = "stands" if count == 1 else "stand"
        message = f"{who} {stand}; `reconciler rollout promote {wanted.name}` goes on"
        return Wait(reason=CANARY_WAITING, message=message)
    return Wait(reason="CanaryBaking", message=f"{who} must stay available for {stage_of.after_seconds:g} s")
