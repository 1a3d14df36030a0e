"""A rollout for people: its phase, how many are changed, what it waits for or why it failed.

Before: rollouts, the plan. After: report. Nothing is decided here.
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.plan.plan import (
    CANARY_WAITING,
    FOR_A_PERSON,
    JUDGMENT_WAITING,
    ROLLED_BACK,
    ROLLOUT_FAILED,
    Plan,
    Wait,
)
from reconciler.plan.progress import progress
from reconciler.plan.rollouts import in_canary_stage, replaces, returns, same, why_failed
from reconciler.plan.status import TASK_FAILED, Phase, RolloutStatus
from reconciler.plan.verdicts import Judgement
from reconciler.spec.wanted import Wanted
from reconciler.state.observed import Observed
from reconciler.state.rollouts import RolloutState

_BACK = (Phase.ROLLING_BACK, Phase.ROLLED_BACK)
_TOLD = frozenset({"CanaryBaking", "MetricMissing", "RollingOut"})
"""Waits that say more than the phase does."""


def rollout_status(
    wanted: Wanted, plan: Plan, observed: Observed, judgements: Mapping[str, Judgement], *, now: float
) -> RolloutStatus | None:
    """The latest rollout of a cluster; `wanted` is what is in force, so on the way back the version before."""
    spec, state = wanted.spec, observed.rollouts.get(wanted.name)
    if spec is None or spec.task is not None or state is None:
        return None
    seen = progress(wanted, spec, observed, judgements, now)
    former = state.back.revision if state.back is not None and not same(state.to, state.back) else ""
    status = RolloutStatus(
        phase=Phase.PROGRESSING, strategy=spec.rollout.strategy, revision=state.to.revision, former=former,
        updated=seen.standing, available=seen.available, wanted=spec.size,
    )  # fmt: skip
    if state.done or (not spec.size and not seen.others and not seen.standing):
        return replace(status, phase=Phase.COMPLETE)
    if returns(state, wanted):
        there = seen.available >= spec.size or (
            seen.blind and seen.standing >= spec.size
        )  # with the benefit of the doubt
        over = there and not seen.others
        return replace(status, phase=Phase.ROLLED_BACK if over else Phase.ROLLING_BACK, message=state.failed)
    if state.failed:
        return replace(status, phase=Phase.FAILED, message=why_failed(state, wanted))
    message = next((wait.message for wait in plan.waits if wait.reason in _TOLD), "")
    awaits = any(wait.reason == CANARY_WAITING for wait in plan.waits)
    if any(wait.reason == JUDGMENT_WAITING for wait in plan.waits):
        return replace(status, phase=Phase.JUDGING, awaits_promotion=True)
    canary = in_canary_stage(state, spec, seen) and replaces(state, seen)
    phase = Phase.CANARY if canary else Phase.PROGRESSING
    if (standing := _stands(state)) is not None:
        return replace(status, phase=standing)
    return replace(status, phase=phase, message=message, awaits_promotion=awaits)


def _stands(state: RolloutState) -> Phase | None:
    if state.held_at is not None:
        return Phase.PAUSED
    return Phase.SWITCHED if state.switched_at is not None else None


def rollout_trouble(rollout: RolloutStatus | None) -> Wait | None:
    """What the Degraded condition says of a rollout that has failed."""
    if rollout is None or rollout.phase not in (*_BACK, Phase.FAILED):
        return None
    reason = ROLLED_BACK if rollout.phase in _BACK else ROLLOUT_FAILED
    return Wait(reason=reason, message=rollout.message)


def rollout_rest(plan: Plan) -> Wait | None:
    """What the Progressing condition says where a rollout stands still until a person does something."""
    waits = [wait for wait in plan.waits if wait.reason in FOR_A_PERSON and wait.reason != TASK_FAILED]
    return waits[0] if plan.at_rest and waits else None
