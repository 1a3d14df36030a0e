"""`rollout history` as text: a revision a line, newest first, and below it what came with it.

Before: cli.rollout_history. After: cli prints it. Readable at 80 columns and without colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from reconciler.console.differences import Difference
from reconciler.console.events_view import moment
from reconciler.console.glyphs import UNICODE, Glyphs
from reconciler.console.layout import clean, columns, hanging, joined

_HEADS = ("REVISION", "WHEN", "RUNS", "STATE", "IMAGE")
_INDENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One revision: `runs` instances are of it (None: unknown), `wanted` by the file as it is now.

    `changes` are from the revision made before it, None where that isn't known. `failed` says why its rollout failed.
    """

    revision: str
    at: float
    image: str
    good: bool
    failed: str
    wanted: bool
    runs: int | None
    changes: tuple[Difference, ...] | None

    @property
    def state(self) -> str:
        """One word: a revision that failed later was good before, and still failed. One that was given up before it was
        whole is `unfinished`.
        """
        if self.failed or self.good:
            return "failed" if self.failed else "good"
        return "unfinished" if self.runs == 0 and not self.wanted else "new"


def history_view(rows: Sequence[HistoryRow], width: int | None = 80, *, glyphs: Glyphs = UNICODE) -> Text:
    """The whole history; `width` in cells, None for lines as long as they need to be."""
    heads = columns([[Text(head, "bold") for head in _HEADS[:-1]], *(_head(row) for row in rows)], frozenset({2}))
    indent = max(head.cell_len for head in heads) + 2
    lines = hanging(heads[0], _HEADS[-1], indent=indent, width=width, style="bold")
    for head, row in zip(heads[1:], rows, strict=True):
        lines += hanging(head, row.image or "-", indent=indent, width=width)
        for text, style in _below(row, glyphs):
            lines += hanging(Text(), text, indent=_INDENT, width=width, style=style)
    return joined(lines)


def _head(row: HistoryRow) -> list[Text]:
    style = {"failed": "bold red", "good": "green"}.get(row.state, "cyan")
    state = f"{row.state}, in the file" if row.wanted else row.state
    runs = "-" if row.runs is None else str(row.runs)
    return [Text(clean(row.revision), "bold"), Text(moment(row.at), "dim"), Text(runs), Text(state, style)]


def _below(row: HistoryRow, glyphs: Glyphs) -> list[tuple[str, str]]:
    lines = [(f"failed: {row.failed}", "red")] if row.failed else []
    if row.changes is not None and not row.changes:
        lines.append(("the same text: its image was built anew", "dim"))
    return lines + [
        (f"{change.field}: {change.before} {glyphs.arrow} {change.after}", "") for change in row.changes or ()
    ]
