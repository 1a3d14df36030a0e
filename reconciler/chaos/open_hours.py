"""When a policy may act: which day of it a moment belongs to, how long it has been open, how long it will be.

Before: the spec's hours and days. After: policy. Pure: moments arrive as local times. A span that wraps midnight
belongs to the day on which it begins, so that a night is one day and not two halves.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from reconciler.spec.chaos import DAY_MINUTES, WEEK, Day, Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One day's span around a moment in it: `day` is where it begins, `past_seconds` how long it has been open of its
    `whole_seconds`.
    """

    day: date
    past_seconds: float
    whole_seconds: float


def day_of(hours: Hours, moment: datetime) -> date:
    """The day that a moment belongs to."""
    minutes = moment.hour * 60 + moment.minute
    wraps = hours.closes <= hours.opens
    return moment.date() - timedelta(days=1) if wraps and minutes < hours.closes else moment.date()


def opening(hours: Hours, days: tuple[Day, ...], moment: datetime) -> Opening | None:
    """The span that is open at this moment; None where none is."""
    day = day_of(hours, moment)
    if WEEK[day.weekday()] not in days:
        return None
    begin = datetime.combine(day, time(), tzinfo=moment.tzinfo) + timedelta(minutes=hours.opens)
    past, whole = (moment - begin).total_seconds(), hours.minutes * 60.0
    return Opening(day=day, past_seconds=past, whole_seconds=whole) if 0 <= past < whole else None


def next_opening(hours: Hours, days: tuple[Day, ...], moment: datetime) -> datetime:
    """When it opens after this moment, by the clock on the wall."""
    first = datetime.combine(moment.date(), time(), tzinfo=moment.tzinfo) + timedelta(minutes=hours.opens % DAY_MINUTES)
    times = (first + timedelta(days=number) for number in range(len(WEEK) + 2))
    return next(begin for begin in times if begin > moment and WEEK[begin.weekday()] in days)
