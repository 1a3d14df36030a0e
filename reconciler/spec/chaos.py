"""What a spec allows to be broken on purpose: frozen values, part of a ClusterSpec.

Before: breaking (the checked document becomes these). After: plan.status (opted in or not), chaos (policies).
Nothing here knows the time: hours are minutes after midnight, whose midnight is the reader's matter.
"""

from dataclasses import dataclass
from typing import Literal

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A span of local time, in minutes after midnight; it wraps midnight where it closes before it opens."""

    opens: int = 0
    closes: int = DAY_MINUTES

    @property
    def minutes(self) -> int:
        """How long it is open on one day."""
        return (self.closes - self.opens - 1) % DAY_MINUTES + 1


ALWAYS = Hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonkeyPolicy:
    """Kills that come by themselves. One of `mean_time_seconds` and `probability` (of a kill a day) is given.

    Clusters of one `group` (empty: the cluster alone) share the interval and the daily count.
    """

    unleashed: bool = False
    mean_time_seconds: float | None = None
    probability: float | None = None
    min_interval_seconds: float = 600.0
    hours: Hours = ALWAYS
    days: tuple[Day, ...] = WEEK
    most_per_day: int = 1
    group: str = ""
    except_zones: tuple[str, ...] = ()
    except_numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """Opted in where `enabled`; `monkey` is the policy, None where nothing is killed but by a person or a drill."""

    enabled: bool = False
    monkey: MonkeyPolicy | None = None
