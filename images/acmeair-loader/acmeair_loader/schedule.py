"""The route network and its timetable: the same airports and days give the same rows, always. Pure.

Direct flights lead from and to the hubs, both ways. Every segment has two departures a day, at times of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from acmeair_loader.airports import AIRPORTS, HUBS, miles

MILES_PER_HOUR = 500
GROUND_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Segment:
    """A direct connection; its id is its flight number."""

    id: str
    origin: str
    destination: str
    miles: int

    @property
    def economy_cost(self) -> int:
        """In dollars."""
        return 60 + self.miles // 9

    @property
    def first_cost(self) -> int:
        """In dollars."""
        return 4 * self.economy_cost


@dataclass(frozen=True, slots=True)
class Flight:
    """A segment flown on a day."""

    segment: Segment
    departure: datetime
    arrival: datetime

    @property
    def id(self) -> str:
        """Sorts by departure, and says its segment."""
        return f"{self.departure:%Y%m%d-%H%M}-{self.segment.id}"


def segments() -> tuple[Segment, ...]:
    """All segments, numbered in order."""
    pairs = [
        (one, other) for one in AIRPORTS for other in AIRPORTS if one != other and {one.code, other.code} & {*HUBS}
    ]
    return tuple(
        Segment(f"AA{number}", one.code, other.code, miles(one, other))
        for number, (one, other) in enumerate(pairs, start=1)
    )


def flights(segment: Segment, first: date, days: int) -> Iterator[Flight]:
    """The segment's flights on these days."""
    number = int(segment.id.removeprefix("AA"))
    morning = 6 * 60 + number * 35 % 360
    duration = timedelta(minutes=round(segment.miles / MILES_PER_HOUR * 60) + GROUND_MINUTES)
    for day in range(days):
        midnight = datetime.combine(first + timedelta(days=day), time(), UTC)
        for minute in (morning, morning + 8 * 60 + number * 5 % 120):
            departure = midnight + timedelta(minutes=minute)
            yield Flight(segment, departure, departure + duration)
