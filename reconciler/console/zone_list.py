"""`reconciler zone list` as text: a zone a line, and below the closed ones why and until when.

Before: zone_rows. After: cli prints it.
"""

from collections.abc import Sequence

from rich.text import Text

from reconciler.console.events_view import moment
from reconciler.console.layout import clean, columns, hanging, joined
from reconciler.plan.zone_rows import ZoneRow
from reconciler.state.zones import ClosedZone

_HEADS = ("ZONE", "STATE", "INSTANCES", "READY", "CLUSTERS")


def zone_list(rows: Sequence[ZoneRow], width: int | None = 80) -> Text:
    """The whole list; `width` in cells, None for lines as long as they need to be."""
    if not rows:
        return Text("no zones: no spec names one, and nothing runs")
    heads = columns([[Text(head, "bold") for head in _HEADS[:-1]], *(_row(row) for row in rows)], frozenset({2, 3}))
    indent = max(head.cell_len for head in heads) + 2
    lines = hanging(heads[0], _HEADS[-1], indent=indent, width=width, style="bold")
    for head, row in zip(heads[1:], rows, strict=True):
        lines += hanging(head, ", ".join(row.clusters) or "-", indent=indent, width=width)
        if row.closed is not None:
            lines += hanging(Text(), _closed(row.closed), indent=2, width=width, style="dim")
    return joined(lines)


def _row(row: ZoneRow) -> list[Text]:
    state = Text("open", "green") if row.closed is None else Text("closed", "yellow")
    return [Text(clean(row.zone)), state, Text(str(row.instances)), Text(str(row.ready))]


def _closed(closed: ClosedZone) -> str:
    until = "somebody opens it" if closed.until is None else moment(closed.until)
    why = f" ({closed.why})" if closed.why else ""
    return f"closed since {moment(closed.since)}, until {until}{why}"
