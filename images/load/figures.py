"""What happened under load, as figures: recorded request by request, told at the end as one JSON document.

Before: load, which records what locust reports, and journey, which records whole journeys. After: standard output.
Pure: time arrives as an argument, in seconds since the start. Never here: locust, requests, a clock.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_FAILURES = 100  # different texts that are told; the rest is counted under OTHERS
OTHERS = "(other failures)"
LONGEST_TEXT = 300
TYPE = "reconciler/load/v1"


@dataclass(slots=True)
class Failure:
    """One text, how often it came, and when first and last."""

    count: int
    first_second: float
    last_second: float


@dataclass(slots=True)
class Second:
    """What ended within one second."""

    requests: int = 0
    failures: int = 0
    journeys: int = 0
    times_ms: list[float] = field(default_factory=list)
    instances: Counter[str] = field(default_factory=Counter)


class Record:
    """All that was seen so far."""

    def __init__(self) -> None:
        self.times_ms: dict[str, list[float]] = defaultdict(list)
        self.failed: Counter[str] = Counter()
        self.failures: dict[tuple[str, str], Failure] = {}
        self.instances: Counter[str] = Counter()
        self.seconds: dict[int, Second] = defaultdict(Second)
        self.journeys_ms: list[float] = []
        self.journeys_failed = 0
        self.last_second = 0.0

    @property
    def requests(self) -> int:
        """How many requests were answered, or failed."""
        return sum(len(times) for times in self.times_ms.values())

    def request(self, at: float, name: str, milliseconds: float, *, failure: str = "", instance: str = "") -> None:
        """One request that ended at `at`; `failure` says what was wrong, `instance` who answered if that is known."""
        self.last_second = max(self.last_second, at)
        second = self.seconds[int(at)]
        second.requests += 1
        second.times_ms.append(milliseconds)
        self.times_ms[name].append(milliseconds)
        if instance:
            self.instances[instance] += 1
            second.instances[instance] += 1
        if failure:
            second.failures += 1
            self.failed[name] += 1
            self._fail(at, name, failure)

    def journey(self, at: float, milliseconds: float, *, failed: bool = False) -> None:
        """One journey that ended at `at`: the sum of its requests' times, without the pauses between them."""
        if failed:
            self.journeys_failed += 1
            return
        self.seconds[int(at)].journeys += 1
        self.journeys_ms.append(milliseconds)

    def _fail(self, at: float, name: str, text: str) -> None:
        key = (name, shortened(text))
        if key not in self.failures and len(self.failures) >= MOST_FAILURES:
            key = (name, OTHERS)
        known = self.failures.setdefault(key, Failure(0, at, at))
        known.count += 1
        known.last_second = at


def shortened(text: str) -> str:
    """A failure's text on one line and of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The smallest value that `percent` of all don't exceed (nearest rank); None where there are none."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(times_ms: Iterable[float]) -> dict[str, float | None]:
    """Median, 95th and 99th percentile and the longest, in milliseconds."""
    ordered = sorted(times_ms)
    shares = {"median_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "max_ms": 100.0}
    return {key: _rounded(percentile(ordered, percent)) for key, percent in shares.items()}


def document(record: Record, settings: dict[str, object]) -> dict[str, object]:
    """The whole story, ready for JSON; `settings` says what was asked for."""
    requests, failed = record.requests, sum(record.failed.values())
    seconds = record.last_second
    everything = [time for times in record.times_ms.values() for time in times]
    return {
        "type": TYPE,
        "settings": settings,
        "seconds": round(seconds, 3),
        "requests": {
            "count": requests,
            "failures": failed,
            "failed_share": round(failed / requests, 6) if requests else None,
            "per_second": round(requests / seconds, 1) if seconds else None,
            **spread(everything),
        },
        "journeys": {
            "count": len(record.journeys_ms),
            "failures": record.journeys_failed,
            "per_second": round(len(record.journeys_ms) / seconds, 2) if seconds else None,
            **spread(record.journeys_ms),
        },
        "names": [
            {"name": name, "count": len(times), "failures": record.failed[name], **spread(times)}
            for name, times in sorted(record.times_ms.items())
        ],
        "failures": _failures(record),
        "instances": dict(sorted(record.instances.items())),
        "series": [_second(number, record.seconds.get(number, Second())) for number in range(_length(record))],
    }


def _failures(record: Record) -> list[dict[str, object]]:
    """The most frequent first."""
    ordered = sorted(record.failures.items(), key=lambda item: (-item[1].count, item[0]))
    return [
        {
            "name": name,
            "text": text,
            "count": failure.count,
            "first_second": round(failure.first_second, 3),
            "last_second": round(failure.last_second, 3),
        }
        for (name, text), failure in ordered
    ]


def _second(number: int, second: Second) -> dict[str, object]:
    """One point of the series; a second in which nothing ended is told too, since that is a finding."""
    ordered = sorted(second.times_ms)
    return {
        "second": number,
        "requests": second.requests,
        "failures": second.failures,
        "journeys": second.journeys,
        "median_ms": _rounded(percentile(ordered, 50)),
        "p99_ms": _rounded(percentile(ordered, 99)),
        "instances": dict(sorted(second.instances.items())),
    }


def _length(record: Record) -> int:
    return max(record.seconds, default=-1) + 1


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
