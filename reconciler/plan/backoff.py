"""Spacing repeated starts and repeated failures: at once, then 1 s, 2 s, 4 s … up to a bound."""

from reconciler.plan.limits import Limits
from reconciler.plan.verdicts import NEVER_SEEN, Judgement
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed, Setback


def delay_seconds(repeats: int, limits: Limits) -> float:
    """How long to wait before the next start after `repeats` starts in a row: none after the first one."""
    if repeats <= 1:
        return 0.0
    return float(min(limits.backoff_first_seconds * 2.0 ** min(repeats - 2, 30), limits.backoff_most_seconds))


def starts_in_a_row(instance: Instance, judgement: Judgement, observed: Observed, now: float, limits: Limits) -> int:
    """How many starts of this number count, the failed one included; a long life is forgiven all before it."""
    sighting = observed.sightings.get(instance.id, NEVER_SEEN)
    lived = _failed_at(instance, judgement, observed, now) - sighting.up_since
    return 1 if lived >= limits.backoff_forget_seconds else instance.attempt


def next_start_at(instance: Instance, judgement: Judgement, observed: Observed, now: float, limits: Limits) -> float:
    """When the successor of a dead or suspect instance may start."""
    starts = starts_in_a_row(instance, judgement, observed, now, limits)
    return _failed_at(instance, judgement, observed, now) + delay_seconds(starts, limits)


def retry_at(setback: Setback, limits: Limits) -> float:
    """When an action that failed `setback.count` times in a row may be tried again."""
    return setback.at + delay_seconds(setback.count + 1, limits)


def _failed_at(instance: Instance, judgement: Judgement, observed: Observed, now: float) -> float:
    if judgement.replace_at is not None:
        return min(judgement.replace_at, now)
    died = observed.sightings.get(instance.id, NEVER_SEEN).dead_since
    return now if died is None else died
