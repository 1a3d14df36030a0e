"""The fields of `chaos` in the format's own words, for `fields`: what `plan` prints when they change.

Before: fields. After: nothing. The way back is breaking.
"""

from collections.abc import Iterator

from reconciler.spec.chaos import ALWAYS, WEEK, Chaos, Hours, MonkeyPolicy
from reconciler.spec.units import show_seconds


def chaos_fields(chaos: Chaos | None) -> Iterator[tuple[str, str | None]]:
    """Path and text of each; None where there is nothing to say."""
    if chaos is None:
        return
    yield "chaos.enabled", "true" if chaos.enabled else "false"
    if chaos.monkey is not None:
        yield from ((f"chaos.monkey.{path}", shown) for path, shown in _monkey(chaos.monkey))


def _monkey(policy: MonkeyPolicy) -> Iterator[tuple[str, str | None]]:
    yield "unleashed", "true" if policy.unleashed else "false"
    yield "mean_time", None if policy.mean_time_seconds is None else show_seconds(policy.mean_time_seconds)
    yield "probability", None if policy.probability is None else f"{policy.probability:g}"
    yield "min_interval", show_seconds(policy.min_interval_seconds)
    yield "hours", None if policy.hours == ALWAYS else show_hours(policy.hours)
    yield "days", None if policy.days == WEEK else f"[{', '.join(policy.days)}]"
    yield "most_per_day", str(policy.most_per_day)
    yield "group", policy.group or None
    yield "except.zones", f"[{', '.join(policy.except_zones)}]" if policy.except_zones else None
    numbers = ", ".join(str(number) for number in policy.except_numbers)
    yield "except.numbers", f"[{numbers}]" if numbers else None


def show_hours(hours: Hours) -> str:
    """As it is written: 09:00-15:00."""
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.opens, hours.closes))
