"""One cluster on the dashboard: as a framed card with its zones side by side, or as one line.

Before: ClusterStatus. After: dashboard, which decides who gets how much room.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.panel import Panel
from rich.text import Text

from reconciler.console.glyphs import (
    STATE_STYLES,
    VERDICT_STYLES,
    Glyphs,
    state_glyph,
    state_of,
)
from reconciler.console.layout import age, columns, fit, hanging
from reconciler.console.notes import cluster_notes, state_word
from reconciler.console.zones import (
    Detail,
    column_width,
    columns_that_fit,
    side_by_side,
    zone_cells,
    zone_names,
)
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict

_FRAME = 4
_LEAST_ZONE = 18
_MOST_ZONE = 34
_LABEL = 13
_MOST_NOTES = 8
_DOTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Lines in a frame; `height` counts the frame."""

    title: Text
    right: Text
    lines: tuple[Text, ...]
    style: str
    width: int
    ascii_only: bool

    @property
    def height(self) -> int:
        """Lines on the screen."""
        return len(self.lines) + 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """How rich draws it."""
        yield framed(self)


def framed(shown: Card) -> Panel:
    """The card as a panel: its name at the left of the frame, its counts within."""
    return Panel(
        Group(*shown.lines),
        title=shown.title,
        title_align="left",
        subtitle=shown.right if shown.right.plain else None,
        subtitle_align="right",
        box=box.ASCII if shown.ascii_only else box.ROUNDED,
        border_style=shown.style,
        width=shown.width,
        padding=(0, 1),
    )


def card(cluster: ClusterStatus, *, width: int, glyphs: Glyphs, env: str, closed: frozenset[str] = frozenset()) -> Card:
    """The cluster's card in `width` cells; `closed` are zones out of service, `env` is for the commands to type."""
    state = state_of(cluster)
    style = STATE_STYLES[state]
    room = width - _FRAME
    title = Text.assemble(
        (f" {state_glyph(state, glyphs)} ", style),
        (fit(cluster.name, max(room - 26, 8), glyphs), "bold"),
        (f" {state_word(state)} ", style),
    )
    lines = [_counts(cluster, room), *_zones(cluster, room, glyphs, closed), *_notes(cluster, room, glyphs, env)]
    return Card(
        title=title,
        right=Text(f" {fit(cluster.image, room // 2, glyphs)} " if cluster.image else "", "dim"),
        lines=tuple(lines),
        style=style.removeprefix("bold "),
        width=width,
        ascii_only=glyphs.ascii_only,
    )


def _counts(cluster: ClusterStatus, room: int) -> Text:
    line = Text(no_wrap=True)
    for word in ("desired", "current", "updated", "ready", "available"):
        count: int = getattr(cluster, word)
        off = word != "desired" and count != cluster.desired
        line.append(f"{count}", "bold yellow" if off else "bold")
        line.append(f" {word}  ", "dim")
    tail = cluster.revision or ""
    if tail and line.cell_len + len(tail) <= room:
        line.append(" " * (room - line.cell_len - len(tail))).append(tail, "bold")
    line.truncate(room)
    line.rstrip()
    return line


def _zones(cluster: ClusterStatus, room: int, glyphs: Glyphs, closed: frozenset[str]) -> list[Text]:
    if not cluster.instances:
        return []
    count = len(zone_names(cluster))
    abreast = columns_that_fit(room, count, _LEAST_ZONE)
    width = min(column_width(room, abreast), _MOST_ZONE)
    cells = zone_cells(cluster, width=width, glyphs=glyphs, detail=Detail(per_zone=4, closed=closed))
    lines: list[Text] = []
    for first in range(0, len(cells), abreast):
        lines += columns([_even(row, width) for row in side_by_side(cells[first : first + abreast])])
    return lines


def _even(row: Sequence[Text], width: int) -> list[Text]:
    """The same width for every zone, so that zones of all cards stand in line."""
    return [Text.assemble(cell, " " * (width - cell.cell_len)) for cell in row]


def _notes(cluster: ClusterStatus, room: int, glyphs: Glyphs, env: str) -> list[Text]:
    lines: list[Text] = []
    for note in cluster_notes(cluster, env, glyphs):
        lines += hanging(Text(note.label, note.style), note.text, indent=_LABEL, width=room)
    if len(lines) > _MOST_NOTES:
        more = len(lines) - _MOST_NOTES + 1
        lines = [*lines[: _MOST_NOTES - 1], Text(f"{glyphs.ellipsis} {more} more lines", "dim")]
    return lines


def one_line(clusters: Sequence[ClusterStatus], *, width: int, glyphs: Glyphs) -> list[Text]:
    """A line for each: state, name, ready of desired, revision, a sign for each instance, zone by zone."""
    if not clusters:
        return []
    longest = max(width - 60, 12)
    rows = columns([_summary(c, longest, glyphs) for c in clusters])
    for row, cluster in zip(rows, clusters, strict=True):
        for part in [_dots(cluster, zone, glyphs) for zone in zone_names(cluster)]:
            if row.cell_len + part.cell_len + 2 <= width:
                row.append("  ").append_text(part)
    return rows


def _summary(cluster: ClusterStatus, longest: int, glyphs: Glyphs) -> list[Text]:
    state = state_of(cluster)
    return [
        Text(f" {state_glyph(state, glyphs)} {state_word(state)}", STATE_STYLES[state]),
        Text(fit(cluster.name, longest, glyphs), "bold"),
        Text(f"{cluster.ready}/{cluster.desired}"),
        Text(cluster.revision or "-", "dim"),
        Text(age(max((i.heartbeat_age or 0.0 for i in cluster.instances), default=None)), "dim"),
    ]


def _dots(cluster: ClusterStatus, zone: str, glyphs: Glyphs) -> Text:
    instances = sorted((i for i in cluster.instances if i.zone == zone), key=_calmness)
    text = Text(f"{fit(zone, 12, glyphs)} ", "dim")
    if len(instances) > _DOTS:
        odd = [i for i in instances if i.verdict is not Verdict.READY]
        ready = len(instances) - len(odd)
        text.append(f"{glyphs.ready}x{ready}" if ready else "", VERDICT_STYLES[Verdict.READY])
        instances = odd[:_DOTS]
    for instance in instances:
        text.append(glyphs.verdict(instance.verdict), VERDICT_STYLES[instance.verdict])
    return text


def _calmness(instance: InstanceStatus) -> tuple[bool, int]:
    return (instance.verdict is not Verdict.READY, instance.number)
