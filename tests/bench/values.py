"""Measured numbers and what is said of them: samples, the row of one figure. Pure.

Before: the figures, one file each. After: report. Nothing is measured here.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

_SCALES = {"ms": 1000.0, "%": 100.0, "MiB": 1 / 1024**2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """At least one measurement. `values` are seconds, bytes, a share of one or a count; `unit` is how they are shown
    (s, ms, MiB, %, or empty for a count)."""

    values: tuple[float, ...]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def percentile(self, share: float) -> float:
        """The smallest value that at least `share` of all values don't exceed (nearest rank)."""
        rank = max(1, math.ceil(share * len(self.values)))
        return sorted(self.values)[rank - 1]

    def show(self, value: float) -> str:
        """`value` in this unit: three digits that count."""
        scaled = value * _SCALES.get(self.unit, 1.0)
        digits = 0 if scaled >= 100 or not self.unit else 1 if scaled >= 10 else 2
        return f"{scaled:.{digits}f} {self.unit}".rstrip()

    def __str__(self) -> str:
        return f"{self.show(self.median)} ({self.show(self.low)} … {self.show(self.high)}, n={len(self.values)})"


def samples(values: Iterable[float], unit: str = "s") -> Samples:
    """Samples of any iterable."""
    return Samples(values=tuple(values), unit=unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `against` is the yardstick of the same run, `must` what has to be reached, `how` how it is
    measured, in one sentence. Without a bound `reached` is None."""

    figure: str
    measured: Samples
    must: str
    reached: bool | None
    how: str
    against: Samples | None = None
    ratio: float | None = None


def figure(figure: str, measured: Samples, how: str, *, against: Samples | None = None) -> Row:
    """A figure without a bound; the ratio of the medians, measured to yardstick, where there is one."""
    ratio = measured.median / against.median if against is not None else None
    return Row(figure=figure, measured=measured, against=against, ratio=ratio, must="-", reached=None, how=how)


def at_least(figure: str, measured: Samples, limit: float, how: str) -> Row:
    """The median must reach `limit`, in the samples' own measure."""
    return Row(
        figure=figure, measured=measured, must=f"≥ {measured.show(limit)}", reached=measured.median >= limit, how=how
    )  # fmt: skip


def at_most(figure: str, measured: Samples, limit: float, how: str, *, p95: bool = False) -> Row:
    """The median (or the 95th percentile) must not exceed `limit`, in the samples' own measure."""
    judged = measured.percentile(0.95) if p95 else measured.median
    said = f"p95 {measured.show(judged)}, " if p95 else ""
    return Row(
        figure=figure, measured=measured, must=f"{said}≤ {measured.show(limit)}", reached=judged <= limit, how=how
    )  # fmt: skip


def slower_at_most(
    figure: str, measured: Samples, against: Samples, times: float, how: str, *, p95: bool = False
) -> Row:
    """The ratio of the medians (or of the 95th percentiles), measured to yardstick, must not exceed `times`."""
    share = 0.95 if p95 else 0.5
    subject, yardstick = measured.percentile(share), against.percentile(share)
    ratio = subject / yardstick if p95 else measured.median / against.median
    said = f"p95 {measured.show(subject)} to {against.show(yardstick)}, " if p95 else ""
    return Row(
        figure=figure, measured=measured, against=against, ratio=ratio, must=f"{said}≤ {times:g} x",
        reached=ratio <= times, how=how,
    )  # fmt: skip


def faster_at_least(figure: str, measured: Samples, against: Samples, times: float, how: str) -> Row:
    """The ratio of the medians, yardstick to measured, must reach `times`."""
    ratio = against.median / measured.median
    return Row(
        figure=figure, measured=measured, against=against, ratio=ratio, must=f"≥ {times:g} x as fast",
        reached=ratio >= times, how=how,
    )  # fmt: skip
