"""A start as a picture: one line for each instance, from nothing to ready, on one axis of seconds. Pure.

Before: cold, which gathers the instants. After: docs/pictures/acmeair-start.svg. Plain SVG, readable in any browser and
without colours: each part of a bar is named below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.bench.svg import opening, words

WIDTH, LEFT, RIGHT, TOP, ROW = 900, 120, 70, 56, 30
_BAR = 16
_COLOURS = {"waiting": "#d7dce3", "container": "#f2b84b", "starting": "#4a90d9", "ready": "#4caf7d"}
_MEANINGS = {
    "waiting": "waits for what it depends on",
    "container": "container is made",
    "starting": "starts, or runs once",
    "ready": "ready, or done",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One instance; seconds since the beginning. `asked` is when its container was being made."""

    name: str
    asked: float
    started: float
    ready: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An instant that concerns all: a line from top to bottom."""

    at: float
    text: str


def picture(bars: Sequence[Bar], marks: Sequence[Mark], *, title: str) -> str:
    """The whole file. There is at least one bar."""
    end = max([bar.ready for bar in bars] + [mark.at for mark in marks]) * 1.04
    height = TOP + ROW * len(bars) + 84
    parts = opening(WIDTH, height, title, LEFT)
    parts += _axis(end, len(bars))
    for row, bar in enumerate(sorted(bars, key=lambda bar: (bar.asked, bar.name))):
        parts += _row(bar, TOP + ROW * row, end)
    parts += [part for mark in marks for part in _mark(mark, end, len(bars))]
    parts += _legend(height - 18)
    return "\n".join([*parts, "</svg>", ""])


def _x(seconds: float, end: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / end


def _axis(end: float, rows: int) -> list[str]:
    bottom = TOP + ROW * rows
    parts = []
    for second in range(int(end) + 1):
        x = _x(second, end)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="#e6e8eb"/>')
        parts.append(words(x, bottom + 18, f"{second} s", anchor="middle", size=11))
    return parts


def _row(bar: Bar, y: float, end: float) -> list[str]:
    edges = {"waiting": 0.0, "container": bar.asked, "starting": bar.started, "ready": bar.ready}
    ends = [*list(edges.values())[1:], end]
    parts = [words(LEFT - 10, y + 13, bar.name, anchor="end")]
    for (kind, begin), until in zip(edges.items(), ends, strict=True):
        x, width = _x(begin, end), max(0.0, _x(until, end) - _x(begin, end))
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{_COLOURS[kind]}">'
            f"<title>{escape(bar.name)}: {_MEANINGS[kind]}, {begin:.1f} s to {until:.1f} s</title></rect>"
        )
    parts.append(words(_x(end, end) + 8, y + 13, f"{bar.ready:.1f} s", size=12))
    return parts


def _mark(mark: Mark, end: float, rows: int) -> list[str]:
    x, bottom = _x(mark.at, end), TOP + ROW * rows
    return [
        f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom + 24}" stroke="#c0392b" stroke-width="2"/>',
        words(x, bottom + 38, f"{mark.text}: {mark.at:.1f} s", anchor="end" if mark.at > end / 2 else "start"),
    ]


def _legend(y: float) -> list[str]:
    parts: list[str] = []
    for place, (kind, meaning) in enumerate(_MEANINGS.items()):
        x = LEFT + place * 205
        parts.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{_COLOURS[kind]}"/>')
        parts.append(words(x + 18, y, meaning, size=12))
    return parts
