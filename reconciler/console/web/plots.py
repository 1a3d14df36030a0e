"""Plots as geometry: where lines, bands, ticks and marks are in a drawing's own units. The templates draw them as SVG.

Before: samples, recoveries, events. After: templates/pages/plot.html. Pure: `now` is an argument, and no markup is made
here, so that whatever a person wrote is escaped by the template like all else.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.console.web.samples import EVERY_SECONDS, SPAN_SECONDS

WIDTH, HEIGHT = 640, 160
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 22, 24
_GAP_SECONDS = 4 * EVERY_SECONDS
_TICK_SECONDS = (15, 30, 60, 120, 180, 300)
_STEPS = (1, 2, 4, 6, 10)
"""Round, and so are their halves."""

Points = Sequence[tuple[float, float]]
"""Instants (Unix seconds) and values, in rising order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`path` is an SVG path; `kind` says how it looks, `label` what it is."""

    kind: str
    label: str
    path: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stretch of time, as a box: `text` is written at its top, `says` is its whole sentence."""

    kind: str
    x: float
    width: float
    text: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A whole plot; `says` tells in words what it shows. Without lines there is nothing to show: `empty` says why."""

    key: str
    title: str
    says: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    bands: tuple[Band, ...] = ()
    empty: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What becomes a line: `stepped` values hold until the next one."""

    kind: str
    label: str
    points: Points
    stepped: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What becomes a band: from `began_at` to `ended_at` (Unix seconds)."""

    kind: str
    began_at: float
    ended_at: float
    text: str
    says: str


def plot(
    key: str, title: str, series: Sequence[Series], now: float, stretches: Iterable[Stretch] = (), *, empty: str = ""
) -> Plot:
    """Everything drawn to one scale, from the oldest value (a minute ago at least) until `now`."""
    lately = [replace(one, points=[(at, v) for at, v in one.points if at >= now - SPAN_SECONDS]) for one in series]
    shown = [one for one in lately if one.points]
    oldest = min((one.points[0][0] for one in shown), default=now)
    begin = max(min(oldest, now - 60.0), now - SPAN_SECONDS)
    top = _nice(max((value for one in shown for _, value in one.points), default=1.0))
    scale = _Scale(begin=begin, end=now, top=top)
    return Plot(
        key=key,
        title=title,
        says=f"{title}: " + "; ".join(_told(one) for one in shown) if shown else f"{title}: nothing yet",
        lines=tuple(_line(one, scale) for one in shown),
        across=_across(scale),
        up=_up(scale, counts=all(one.stepped for one in shown)),
        bands=tuple(_band(one, scale) for one in stretches if one.ended_at >= begin),
        empty=empty or "Nothing is known yet: a figure is taken every two seconds.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    begin: float
    end: float
    top: float

    def x(self, at: float) -> float:
        part = (at - self.begin) / max(self.end - self.begin, 1.0)
        return round(LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(TOP + (1 - value / self.top) * (HEIGHT - TOP - BOTTOM), 1)


def _line(series: Series, scale: _Scale) -> Line:
    value = series.points[-1][1]
    last = f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"
    return Line(kind=series.kind, label=series.label, path=_path(series, scale), last=f"{last}{series.unit}")


def _path(series: Series, scale: _Scale) -> str:
    """Where nothing was sampled for a while the line is broken, not drawn as if nothing had happened."""
    parts: list[str] = []
    before: tuple[float, float] | None = None
    for at, value in series.points:
        x, y = scale.x(at), scale.y(value)
        if before is None or at - before[0] > _GAP_SECONDS:
            parts.append(f"M{x:g} {y:g}")
        elif series.stepped and value == before[1]:
            if parts[-1].startswith("H") and "V" not in parts[-1]:
                parts.pop()  # the same for a while is one line
            parts.append(f"H{x:g}")
        else:
            parts.append(f"H{x:g}V{y:g}" if series.stepped else f"L{x:g} {y:g}")
        before = (at, value)
    return "".join(parts)


def _told(series: Series) -> str:
    values = [value for _, value in series.points]
    now, least, most = (f"{value:.3g}{series.unit}" for value in (values[-1], min(values), max(values)))
    return f"{series.label} {now} now, {least} to {most}"


def _across(scale: _Scale) -> tuple[Tick, ...]:
    span = scale.end - scale.begin
    step = next((step for step in _TICK_SECONDS if span / step <= 6), _TICK_SECONDS[-1])
    first = int(scale.begin // step + 1) * step
    form = "%H:%M" if step >= 60 else "%H:%M:%S"
    room = span * 0.03  # half of a tick's words, so that none is cut at the edge
    instants = [at for at in range(first, int(scale.end) + 1, step) if scale.begin + room < at < scale.end - room]
    return tuple(Tick(at=scale.x(at), text=time.strftime(form, time.localtime(at))) for at in instants)


def _up(scale: _Scale, *, counts: bool) -> tuple[Tick, ...]:
    """Nothing, the middle and the top; there is no half of an instance."""
    values = [value for value in (0.0, scale.top / 2, scale.top) if not counts or value == int(value)]
    return tuple(Tick(at=scale.y(value), text=f"{value:g}") for value in values)


def _band(one: Stretch, scale: _Scale) -> Band:
    x = scale.x(one.began_at)
    width = max(round(scale.x(one.ended_at) - x, 1), 2.0)
    return Band(kind=one.kind, x=x, width=width, text=one.text, says=one.says)


def _nice(value: float) -> float:
    """The next round number: what stands at the axis is easy to read."""
    if value <= 0:
        return 1.0
    power = 1.0
    while value > 10 * power:
        power *= 10
    while value <= power:
        power /= 10
    return next(step * power for step in _STEPS if step * power >= value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A plot in a table's cell: one line, and in words what it shows."""

    path: str
    says: str
    width: int
    height: int


def spark(points: Points, *, width: int = 96, height: int = 20) -> Spark | None:
    """How a count went; None where too little is known. What stays the same draws the same, whenever it is drawn."""
    if len(points) < 2:
        return None
    end, begin = points[-1][0], min(points[0][0], points[-1][0] - 60.0)
    top = max(1.0, *(value for _, value in points))
    room = height - 4
    steps: list[str] = []
    before: float | None = None
    for at, value in points:
        if value == before:
            continue
        x, y = round((at - begin) / (end - begin) * width, 1), round(2 + (1 - value / top) * room, 1)
        steps.append(f"M0 {y:g}" if before is None else f"H{x:g}V{y:g}")
        before = value
    least = min(value for _, value in points)
    return Spark(
        path="".join(steps) + f"H{width}", says=f"{before:g} ready now, never fewer than {least:g}",
        width=width, height=height,
    )  # fmt: skip
