"""Where things are in a file and what is wrong there: the collector that every check of one file reports to.

Before: decode and compose (which find the places). After: parse, which raises what was collected as one
SpecError. Nothing here knows the format.
"""

from bisect import bisect_right

from reconciler.errors import Problem

Path = tuple[str | int, ...]
"""A place inside the document: ("ports", 0)."""

_MOST = 50
_SHOWN = 40


class Lines:
    """Turns offsets into lines and columns, both from 1. Other line ends than LF and CR LF don't get here."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(offset + 1 for offset, character in enumerate(text) if character == "\n")]
        self._length = len(text)

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of a character offset."""
        offset = min(max(offset, 0), self._length)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class TooManyError(Exception):
    """Enough was found; reading on would help nobody. Never leaves this room."""


class Report:
    """The problems of one file, in the order of their places."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = Lines(text)
        self._problems: list[Problem] = []

    def add(self, offset: int, path: Path, problem: str, fix: str) -> None:
        """Note a problem at a character offset. Raises TooManyError once the list is long enough."""
        line, column = self.lines.place(offset)
        found = Problem(file=self.file, line=line, column=column, path=show_path(path), problem=problem, fix=fix)
        if found not in self._problems:
            self._problems.append(found)
        if len(self._problems) >= _MOST:
            raise TooManyError

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._problems, key=lambda p: (p.line, p.column)))


def show_path(path: Path) -> str:
    """("health", "http", "port") is `health.http.port`, ("ports", 0) is `ports[0]`."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += ("." if shown else "") + printable(part)
    return shown


def printable(text: str) -> str:
    """The text on one line, fit for any terminal: what can't be printed is escaped, what is long is cut."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def quoted(value: object) -> str:
    """A value as a message shows it: text in backticks, numbers and booleans as YAML writes them."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f"`{printable(str(value))}`"
