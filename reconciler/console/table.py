"""`reconciler status` as text: numbers, zones side by side, and what needs saying.

Before: WorldStatus. After: cli prints it. Readable at 80 columns, without colour, and through a pipe.
"""

from collections.abc import Sequence

from rich.text import Text

from reconciler.console.glyphs import STATE_STYLES, UNICODE, Glyphs, state_glyph, state_of
from reconciler.console.layout import age, clean, columns, fit, hanging, joined
from reconciler.console.notes import (
    Note,
    alarms,
    cluster_notes,
    command,
    loop_line,
    no_loop_hint,
    state_word,
)
from reconciler.console.zones import (
    Detail,
    column_width,
    columns_that_fit,
    side_by_side,
    verdict_word,
    zone_cells,
)
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus

_HEADS = ("CLUSTER", "DESIRED", "CURRENT", "UPDATED", "READY", "AVAIL", "REV", "BEAT", "STATE")
_NUMBERS = frozenset({1, 2, 3, 4, 5, 7})
_LABEL = 13
_INDENT = 2
_LEAST_ZONE = 16


def status_table(world: WorldStatus, width: int | None = 80, *, glyphs: Glyphs = UNICODE, wide: bool = False) -> Text:
    """The whole environment; `width` in cells, None for lines as long as they need to be.

    BEAT is the age of the oldest last heartbeat among a cluster's instances.
    `wide` lists every instance on a line of its own, with container, address and attempts.
    """
    lines = _header(world, width, glyphs)
    if not world.clusters:
        return joined([*lines, Text(), *_empty(world, width)])
    lines += [Text(), *_numbers(world, width, glyphs)]
    if wide:
        lines += [Text(), *columns(_wide_rows(world, glyphs), frozenset({5, 8}))]
    closed = frozenset(zone.zone for zone in world.closed_zones)
    for cluster in world.clusters:
        notes = cluster_notes(cluster, world.environment, glyphs)
        if not wide and cluster.instances:
            lines += [Text(), *_zones(cluster, width, glyphs, closed), *_notes(notes, width, glyphs)]
        elif notes:
            lines += [Text(), _title(cluster, width, glyphs), *_notes(notes, width, glyphs)]
    return joined(lines)


def instance_table(world: WorldStatus, width: int | None = 80, *, glyphs: Glyphs = UNICODE) -> Text:
    """Only the instances of this world, and what is being done with them; their clusters' numbers are left out."""
    lines = [*_header(world, width, glyphs), Text()]
    lines += columns(_wide_rows(world, glyphs), frozenset({5, 8}))
    now = [Note(label="Now", text=sentence, style="cyan") for cluster in world.clusters for sentence in cluster.doing]
    return joined([*lines, *([Text()] if now else []), *_notes(now, width, glyphs)])


def _header(world: WorldStatus, width: int | None, glyphs: Glyphs) -> list[Text]:
    lines = hanging(Text(), loop_line(world, glyphs.dot), indent=0, width=width, style="bold")
    if not world.loop_running:
        lines += hanging(Text(f"{glyphs.alarm} ", "yellow"), no_loop_hint(world), indent=2, width=width, style="yellow")
    notes = alarms(world)
    if notes:
        lines += [Text(), *_notes(notes, width, glyphs, indent=0)]
    return lines


def _empty(world: WorldStatus, width: int | None) -> list[Text]:
    first = f"no clusters; make a first one: {command(world.environment, 'new hello')}"
    return hanging(Text(), first, indent=0, width=width)


def _numbers(world: WorldStatus, width: int | None, glyphs: Glyphs) -> list[Text]:
    longest = None if width is None else max(width - 58, 8)
    rows = [[Text(head, "bold") for head in _HEADS]]
    rows += [_row(cluster, longest, glyphs) for cluster in world.clusters]
    return columns(rows, _NUMBERS, gap=1 if width is not None and width < 100 else 2)


def _row(cluster: ClusterStatus, longest: int | None, glyphs: Glyphs) -> list[Text]:
    state = state_of(cluster)
    name = clean(cluster.name) if longest is None else fit(cluster.name, longest, glyphs)
    counts = (cluster.desired, cluster.current, cluster.updated, cluster.ready, cluster.available)
    style = STATE_STYLES[state]
    return [
        Text(name),
        *(Text(str(count)) for count in counts),
        Text(cluster.revision or "-"),
        Text(age(oldest_beat(cluster.instances))),
        Text(f"{state_glyph(state, glyphs)} {state_word(state)}", style),
    ]


def oldest_beat(instances: Sequence[InstanceStatus]) -> float | None:
    """The longest silence among those that ever beat, in seconds."""
    return max((i.heartbeat_age for i in instances if i.heartbeat_age is not None), default=None)


def _title(cluster: ClusterStatus, width: int | None, glyphs: Glyphs) -> Text:
    return Text(clean(cluster.name) if width is None else fit(cluster.name, width, glyphs), "bold")


def _zones(cluster: ClusterStatus, width: int | None, glyphs: Glyphs, closed: frozenset[str]) -> list[Text]:
    count = len(zone_cells(cluster, width=None, glyphs=glyphs, detail=Detail(per_zone=0)))
    abreast = count if width is None else columns_that_fit(width - _INDENT, count, _LEAST_ZONE)
    cell = None if width is None else column_width(width - _INDENT, abreast)
    cells = zone_cells(cluster, width=cell, glyphs=glyphs, detail=Detail(closed=closed))
    lines = [_title(cluster, width, glyphs)]
    for first in range(0, len(cells), abreast):
        rows = side_by_side(cells[first : first + abreast])
        lines += _indented(rows)
    return lines


def _indented(rows: Sequence[Sequence[Text]]) -> list[Text]:
    return [Text(" " * _INDENT, no_wrap=True).append_text(line) for line in columns(rows)]


def _notes(notes: Sequence[Note], width: int | None, glyphs: Glyphs, indent: int = _INDENT) -> list[Text]:
    lines: list[Text] = []
    for note in notes:
        sign = glyphs.alarm if note.label and indent == 0 else " " * indent
        label = Text.assemble((f"{sign:<2}", note.style), (note.label, note.style))
        lines += hanging(label, note.text, indent=_LABEL + 2, width=width)
    return lines


_WIDE_HEADS = [
    Text(head, "bold")
    for head in ("INSTANCE", "CONTAINER", "ZONE", "STATE", "PHASE", "BEAT", "REV", "ADDRESS", "STARTS", "ID")
]


def _wide_rows(world: WorldStatus, glyphs: Glyphs) -> list[list[Text]]:
    """With their heads; what Eureka says has a column where it says anything."""
    found = [(instance, cluster) for cluster in world.clusters for instance in cluster.instances]
    rows = [_WIDE_HEADS, *(_wide_row(instance, cluster, glyphs) for instance, cluster in found)]
    if not any(instance.registry for instance, _ in found):
        return rows
    words = [Text("EUREKA", "bold"), *(Text(clean(instance.registry or "-")) for instance, _ in found)]
    return [[*row, word] for row, word in zip(rows, words, strict=True)]


def _wide_row(instance: InstanceStatus, cluster: ClusterStatus, glyphs: Glyphs) -> list[Text]:
    from reconciler.console.glyphs import VERDICT_STYLES

    word = f"{glyphs.verdict(instance.verdict)} {verdict_word(instance, cluster)}"
    return [
        Text(clean(instance.name)),
        Text(clean(instance.container)),
        Text(clean(instance.zone)),
        Text(word, VERDICT_STYLES[instance.verdict]),
        Text(clean(instance.phase)),
        Text(age(instance.heartbeat_age)),
        Text(instance.revision),
        Text(instance.address or "-"),
        Text(str(instance.attempt)),
        Text(instance.id[:12]),
    ]
