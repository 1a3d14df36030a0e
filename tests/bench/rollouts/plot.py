"""Curves over one axis of seconds, panel below panel, as plain SVG: readable in any browser. Pure.

Before: rollouts.elastic, which gathers the points. After: docs/pictures/autoscale.svg.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.svg import opening, words

WIDTH, LEFT, RIGHT, TOP = 900, 64, 130, 56
PANEL, GAP = 120, 34
_TICKS = (5, 10, 20, 30, 60)
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve: `points` are (second, value); `steps`: the value holds until the next point."""

    name: str
    colour: str
    points: tuple[tuple[float, float], ...]
    steps: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Curves of one measure."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An instant that concerns all panels."""

    at: float
    text: str


def picture(panels: Sequence[Panel], marks: Sequence[Mark], *, title: str) -> str:
    """The whole file; each panel has a point at least."""
    end = max(at for panel in panels for line in panel.lines for at, _ in line.points)
    bottom = TOP + len(panels) * (PANEL + GAP)
    parts = opening(WIDTH, bottom + 24, title, LEFT)
    for row, panel in enumerate(panels):
        parts += _panel(panel, TOP + GAP + row * (PANEL + GAP), end)
    parts += _axis(end, bottom)
    parts += [part for mark in marks for part in _mark(mark, end, bottom)]
    return "\n".join([*parts, "</svg>", ""])


def _x(seconds: float, end: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / end


def _panel(panel: Panel, top: float, end: float) -> Iterator[str]:
    most = _round_above(max(value for line in panel.lines for _, value in line.points))
    yield words(LEFT, top - 8, panel.title, weight="bold")
    for share in (0.0, 0.5, 1.0):
        y = top + PANEL * (1 - share)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e6e8eb"/>'
        yield words(LEFT - 8, y + 4, f"{most * share:.0f}", anchor="end", size=11)
    for place, line in enumerate(panel.lines):
        yield _curve(line, top, most, end)
        yield words(WIDTH - RIGHT + 12, top + 14 + 18 * place, line.name, size=12, fill=line.colour)


def _round_above(value: float) -> float:
    """An even number that leaves some room: its half is a whole number, too."""
    size = 10.0 ** max(0, math.floor(math.log10(max(value, 1.0))))
    return next(step * size for step in (2, 4, 6, 8, 10, 20) if step * size >= value * 1.05)


def _curve(line: Line, top: float, most: float, end: float) -> str:
    corners: list[tuple[float, float]] = []
    for at, value in line.points:
        x, y = _x(at, end), top + PANEL * (1 - value / most)
        if line.steps and corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polyline points="{shape}" fill="none" stroke="{line.colour}" stroke-width="2"{dashes}/>'


def _axis(end: float, bottom: float) -> Iterator[str]:
    step = next((tick for tick in _TICKS if end / tick <= _MOST_TICKS), _TICKS[-1])
    for second in range(0, int(end) + 1, step):
        yield words(_x(second, end), bottom + 12, f"{second} s", anchor="middle", size=11)


def _mark(mark: Mark, end: float, bottom: float) -> Iterator[str]:
    x = _x(mark.at, end)
    yield f'<line x1="{x:.1f}" y1="{TOP - 10}" x2="{x:.1f}" y2="{bottom - 10}" stroke="#c0392b" stroke-width="1"/>'
    yield words(x, TOP - 14, mark.text, anchor="middle", size=11, fill="#c0392b")
