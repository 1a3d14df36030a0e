"""`reconciler dns lookup` as text: what the name means, who answers, why the others don't, and what was told.

Before: plan.lookup (the loop's knowledge), the answers of a real question. After: cli prints it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from reconciler.console.glyphs import UNICODE, Glyphs
from reconciler.console.layout import clean, columns, fit, hanging, joined
from reconciler.plan.lookup import NameRow, NameStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a server told: `answers` maps a kind of record to (TTL in seconds, value), `problem` says why it told
    nothing, `status` is its own word (`NXDOMAIN`).
    """

    server: str
    status: str = ""
    answers: Mapping[str, Sequence[tuple[int, str]]]
    problem: str = ""


def name_view(found: NameStatus, heard: Heard | None, width: int | None = 80, *, glyphs: Glyphs = UNICODE) -> Text:
    """All of it; `width` None keeps each line whole."""
    title = Text(clean(found.name), "bold")
    title.append(f" {glyphs.arrow} ", "dim")
    missing = found.ours and not found.known
    meaning, style = ("there is no such name", "red") if missing else (found.meaning, "")
    lines = hanging(title, meaning, indent=title.cell_len, width=width, style=style)
    if found.problem:
        lines += hanging(Text("! ", "bold yellow"), found.problem, indent=2, width=width, style="yellow")
    if found.rows:
        lines += [Text(), *_rows(found.rows, width, glyphs)]
    if heard is not None:
        lines += [Text(), *_heard(heard, width)]
    return joined(lines)


def _rows(rows: Sequence[NameRow], width: int | None, glyphs: Glyphs) -> list[Text]:
    widest = 10_000 if width is None else max(width // 4, 12)
    heads = columns([
        [
            Text(glyphs.ready if row.answers else glyphs.stopping, "green" if row.answers else "yellow"),
            Text(fit(row.instance, widest, glyphs)),
            Text(fit(row.target or "-", widest, glyphs)),
            Text(fit(row.zone or "-", widest, glyphs)),
            Text(fit(row.revision or "-", widest, glyphs)),
        ]
        for row in rows
    ])  # fmt: skip
    indent = max(head.cell_len for head in heads) + 2
    lines: list[Text] = []
    for head, row in zip(heads, rows, strict=True):
        why = row.why or ("" if row.managed else "registered by somebody else")
        lines += hanging(head, why, indent=indent, width=width, style="yellow" if row.why else "dim")
    for line in lines:
        line.rstrip()
    return lines


def _heard(heard: Heard, width: int | None) -> list[Text]:
    if heard.problem:
        return hanging(Text("! ", "bold red"), heard.problem, indent=2, width=width, style="red")
    said = "answers" if heard.answers else f"answers {heard.status}" if heard.status != "NOERROR" else "answers nothing"
    lines = [Text(f"{heard.server} {said}", "dim")]
    told = [(kind, ttl, value) for kind, values in heard.answers.items() for ttl, value in values]
    return lines + columns([[Text(kind), Text(f"{ttl} s", "dim"), Text(clean(value))] for kind, ttl, value in told])
