"""Text in columns: widths, truncation in the middle, wrapping, and whole lines without trailing blanks.

Before: the renderers' cells. After: rich's Text, printed as it is. Nothing here knows what the cells mean.
"""

import unicodedata
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.text import Text

from reconciler.console.glyphs import Glyphs

GAP = 2


def clean(text: str) -> str:
    """The text without control characters: names and messages come from files and containers."""
    return "".join(" " if c in "\t\r\n" else c if unicodedata.category(c) not in {"Cc", "Cf"} else "?" for c in text)


def age(seconds: float | None) -> str:
    """A heartbeat's age in at most four characters; a dash where there is no heartbeat."""
    if seconds is None:
        return "-"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}s"
    if seconds < 120:
        return f"{seconds:.0f}s"
    if seconds < 7200:
        return f"{seconds / 60:.0f}m"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f}h"
    return f"{seconds / 86_400:.0f}d"


def duration(seconds: float) -> str:
    """How long an action took: `0.31 s`, `12.0 s`; empty for nothing measured."""
    if seconds <= 0:
        return ""
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def fit(text: str, width: int, glyphs: Glyphs) -> str:
    """The text in at most `width` cells, cut in the middle, since names differ at both ends."""
    text = clean(text)
    if cell_len(text) <= width:
        return text
    room = width - len(glyphs.ellipsis)
    if room < 2:
        return _head(text, width)
    tail = _head(text[::-1], room // 2)[::-1]
    return _head(text, room - cell_len(tail)) + glyphs.ellipsis + tail


def _head(text: str, width: int) -> str:
    taken, used = [], 0
    for character in text:
        used += cell_len(character)
        if used > width:
            break
        taken.append(character)
    return "".join(taken)


def wrap(text: str, width: int | None) -> list[str]:
    """The text in lines of at most `width` cells, broken at blanks where it can be; None leaves it whole."""
    text = clean(text)
    if width is None:
        return [text]
    width, lines, line = max(width, 8), [], ""
    for word in text.split():
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while cell_len(line) > width:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line] if line or not lines else lines


def columns(rows: Sequence[Sequence[Text]], right: frozenset[int] = frozenset(), gap: int = GAP) -> list[Text]:
    """Rows of cells as aligned lines; columns in `right` are flush right. No line ends in blanks."""
    count = max((len(row) for row in rows), default=0)
    widths = [max((row[i].cell_len for row in rows if i < len(row)), default=0) for i in range(count)]
    return [_line(row, widths, right, gap) for row in rows]


def _line(row: Sequence[Text], widths: Sequence[int], right: frozenset[int], gap: int) -> Text:
    line = Text(no_wrap=True)
    for index, cell in enumerate(row):
        padding = " " * (widths[index] - cell.cell_len)
        line.append(" " * gap if index else "")
        if index in right:
            line.append(padding)
        line.append_text(cell)
        if index not in right:
            line.append(padding)
    line.rstrip()
    return line


def hanging(label: Text, text: str, *, indent: int, width: int | None, style: str = "") -> list[Text]:
    """A label of `indent` cells with the wrapped text beside it; further lines start below the text."""
    lines = []
    for index, part in enumerate(wrap(text, None if width is None else width - indent)):
        line = Text(no_wrap=True)
        line.append_text(label if index == 0 else Text())
        line.append(" " * (indent - line.cell_len))
        line.append(part, style)
        lines.append(line)
    return lines


def joined(lines: Iterable[Text]) -> Text:
    """The lines as one Text, without a newline at the end."""
    return Text("\n", no_wrap=True).join(list(lines))
