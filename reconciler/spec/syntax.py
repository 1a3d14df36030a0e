"""What the YAML parser says when it gives up, in words that say what to change.

Before: compose. After: nothing; it notes one problem. The order of the rules matters: the first that fits
speaks.
"""

import re
from collections.abc import Callable
from typing import Any

from reconciler.spec.report import Report, printable

_CANNOT_START = re.compile(r"found character '(.*)' that cannot start any token", re.DOTALL)
_CHECK = "check the indentation and the punctuation of this line and the one above"


def note_syntax(error: Exception, text: str, report: Report) -> None:
    """Note what made the parser stop, at the place where a person must look."""
    offset, problem, fix = _explain(error, text)
    report.add(offset, (), problem, fix)


def _explain(error: Any, text: str) -> tuple[int, str, str]:
    said = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    at = _offset(getattr(error, "problem_mark", None))
    opened = _offset(getattr(error, "context_mark", None), at)
    if isinstance(getattr(error, "character", None), int | str):
        return _unprintable(error)
    if not said:
        return 0, "this can't be read as YAML", "look for unusual escapes in quoted text"
    for rule in (_tab, _unclosed, _colon, _reserved, _block):
        answer = rule(said, context, text, (opened, at))
        if answer is not None:
            return answer
    return at, f"not YAML: {printable_all(said)}", _CHECK


Rule = Callable[[str, str, str, tuple[int, int]], tuple[int, str, str] | None]


def _tab(said: str, _context: str, text: str, places: tuple[int, int]) -> tuple[int, str, str] | None:
    at = places[1]
    line_start = text.rfind("\n", 0, at) + 1
    line = text[line_start : (text + "\n").index("\n", at)]
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return line_start + indent.index("\t"), "a tab in the indentation", "use spaces"
    if said.startswith("found character '\\t'") or text[at : at + 1] == "\t":
        return at, "a tab where YAML wants spaces", "use spaces"
    return None


def _unclosed(said: str, context: str, text: str, places: tuple[int, int]) -> tuple[int, str, str] | None:
    opened, _ = places
    ended = "stream end" in said or "end of stream" in said
    if "quoted scalar" in context and (ended or "document separator" in said):
        return opened, "incomplete: the quoted text that begins here is never closed", "close the quote"
    if "flow" in context and (ended or not text[places[1] :].strip()):
        opened = _innermost_open(text, opened)
        closing = "]" if text[opened : opened + 1] == "[" else "}"
        what = "list" if closing == "]" else "mapping"
        return (
            opened,
            f"incomplete: the {what} that begins here is never closed",
            f"close it with `{closing}`",
        )
    if "flow sequence" in context or "flow mapping" in context:
        return places[1], "a comma or a closing bracket is missing here", "separate the items with `, `"
    return None


def _innermost_open(text: str, at: int) -> int:
    """Where the innermost bracket that is still open at `at` stands: after a comma the parser only knows the
    end.
    """
    if text[at : at + 1] in ("[", "{"):
        return at
    closed = 0
    for offset in range(min(at, len(text)) - 1, -1, -1):
        if text[offset] in "]}":
            closed += 1
        elif text[offset] in "[{":
            if not closed:
                return offset
            closed -= 1
    return at


def _colon(said: str, _context: str, _text: str, places: tuple[int, int]) -> tuple[int, str, str] | None:
    if "mapping values are not allowed" in said:
        return (
            places[1],
            "a `:` that makes no sense here",
            "check the indentation, or quote a value that holds `: `",
        )
    if "could not find expected ':'" in said:
        return places[0], "a key without `:`", "write `key: value`"
    return None


def _reserved(said: str, _context: str, _text: str, places: tuple[int, int]) -> tuple[int, str, str] | None:
    match = _CANNOT_START.search(said)
    if match:
        return places[1], f"a value can't begin with `{printable(match.group(1))}`", "quote the value"
    if "unknown escape character" in said:
        return places[1], 'an escape that "…" does not know', "use '…' quotes, or write \\\\ for a backslash"
    return None


def _block(said: str, _context: str, _text: str, places: tuple[int, int]) -> tuple[int, str, str] | None:
    if "expected <block end>" in said:
        return (
            places[1],
            "this line does not fit the lines above it",
            "give keys of one mapping the same indentation",
        )
    if "expected the node content" in said:
        return places[1], "a value is missing here", _CHECK
    return None


def _unprintable(error: Any) -> tuple[int, str, str]:
    character = error.character
    code = character if isinstance(character, int) else ord(character)
    return int(error.position), f"a control character (U+{code:04X})", "remove it; is this a text file?"


def _offset(mark: Any, otherwise: int = 0) -> int:
    return otherwise if mark is None else int(mark.index)


def printable_all(text: str) -> str:
    """On one line, whatever the parser quoted."""
    return " ".join(text.split())
