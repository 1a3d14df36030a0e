"""`reconciler dns lookup` as text: what the name means, who answers, why the others don't, and what was told.

Before: plan.lookup (the loop's knowledge), the answers of a real question. After: cli prints it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from reconciler.console.glyphs import UNICODE, Glyphs
from reconciler.console.layout import GAP, clean, columns, fit, hanging, joined, wrap
from reconciler.plan.lookup import NameRow, NameStatus

_MEANING_CELLS = 32  # less than this beside the name, and the meaning goes below it
_REASON_CELLS = 24
_FINE = frozenset({"NOERROR", "NXDOMAIN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a server told: `answers` maps a kind of record to (TTL in seconds, value), `problem` says why it told
    nothing, `statuses` are its own words for each kind that was asked for (`{"A": "NXDOMAIN"}`).
    """

    server: str
    statuses: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Sequence[tuple[int, str]]]
    problem: str = ""

    @property
    def status(self) -> str:
        """The first that is no success, else `NOERROR`; empty where nothing was told."""
        return next((told for told in self.statuses.values() if told != "NOERROR"), "NOERROR" if self.statuses else "")

    @property
    def failed(self) -> bool:
        """A kind could not be answered, though the name may exist."""
        return any(told not in _FINE for told in self.statuses.values())


def name_view(found: NameStatus, heard: Heard | None, width: int | None = 80, *, glyphs: Glyphs = UNICODE) -> Text:
    """All of it; `width` None keeps each line whole."""
    lines = _title(found, width, glyphs)
    if found.problem:
        lines += hanging(Text("! ", "bold yellow"), found.problem, indent=2, width=width, style="yellow")
    if found.rows:
        lines += [Text(), *_rows(found.rows, width, glyphs)]
    if heard is not None:
        lines += [Text(), *_heard(heard, width)]
    return joined(lines)


def _title(found: NameStatus, width: int | None, glyphs: Glyphs) -> list[Text]:
    style = "red" if found.ours and not found.known else ""
    title, arrow = Text(clean(found.name), "bold"), Text(f"{glyphs.arrow} ", "dim")
    indent = title.cell_len + 1 + arrow.cell_len
    if width is None or width - indent >= min(_MEANING_CELLS, cell_len(found.meaning)):
        return hanging(Text(" ").join((title, arrow)), found.meaning, indent=indent, width=width, style=style)
    below = hanging(arrow, found.meaning, indent=arrow.cell_len, width=width, style=style)
    return [*(Text(part, "bold", no_wrap=True) for part in wrap(found.name, width)), *below]


def _rows(rows: Sequence[NameRow], width: int | None, glyphs: Glyphs) -> list[Text]:
    heads = _heads(rows, 10_000 if width is None else max(width // 4, 12), glyphs)
    if width is not None and max(head.cell_len for head in heads) > width:
        heads = _heads(rows, (width - 1 - 4 * GAP) // 4, glyphs)
    indent = max(head.cell_len for head in heads) + 2
    lines: list[Text] = []
    for head, row in zip(heads, rows, strict=True):
        why = row.why or ("" if row.managed else "registered by somebody else")
        style = "yellow" if row.why else "dim"
        if width is None or width - indent >= min(_REASON_CELLS, cell_len(why)):
            lines += hanging(head, why, indent=indent, width=width, style=style)
        else:
            lines += [head, *hanging(Text(), why, indent=3, width=width, style=style)]
    for line in lines:
        line.rstrip()
    return lines


def _heads(rows: Sequence[NameRow], widest: int, glyphs: Glyphs) -> list[Text]:
    return columns([
        [
            Text(glyphs.ready if row.answers else glyphs.stopping, "green" if row.answers else "yellow"),
            Text(fit(row.instance, widest, glyphs)),
            Text(fit(row.target or "-", widest, glyphs)),
            Text(fit(row.zone or "-", widest, glyphs)),
            Text(fit(row.revision or "-", widest, glyphs)),
        ]
        for row in rows
    ])  # fmt: skip


def _heard(heard: Heard, width: int | None) -> list[Text]:
    if heard.problem:
        return hanging(Text("! ", "bold red"), heard.problem, indent=2, width=width, style="red")
    alone = not heard.answers and len({*heard.statuses.values()}) == 1
    said = "nothing" if heard.status == "NOERROR" else heard.status if alone else ""
    lines = [Text(f"{heard.server} answers {'' if heard.answers else said}".rstrip(), "dim")]
    told = [(kind, ttl, value) for kind, values in heard.answers.items() for ttl, value in values]
    heads = columns([[Text(kind), Text(f"{ttl} s", "dim")] for kind, ttl, _ in told])
    indent = max((head.cell_len for head in heads), default=0) + GAP
    for head, (_, _, value) in zip(heads, told, strict=True):
        lines += hanging(head, value, indent=indent, width=width)
    if not alone:
        bad = [(kind, status) for kind, status in heard.statuses.items() if status != "NOERROR"]
        lines += [Text(f"{kind}: {status}", "red" if status not in _FINE else "dim") for kind, status in bad]
    return lines
