"""A way as lines for a person, at most 80 columns wide; what is to be pasted is never wrapped.

Before: ways. After: `reconciler dns setup`, which prints them. Pure.
"""

import textwrap
from collections.abc import Iterator

from reconciler.setup.resolving.ways import Way

_WIDTH = 80
_INDENT = "    "


def shown(way: Way, apply: str) -> Iterator[str]:
    """What would be done; `apply` is the command that does it."""
    yield from _wrapped(way.intro)
    if way.lines:
        yield ""
        yield from (_INDENT + line for line in way.lines)
        yield ""
    yield from _notes(way)
    if way.steps:
        yield from _wrapped("Nothing was changed. To have it done, and to take it back later:")
        yield ""
        yield f"{_INDENT}{apply} --apply"
        yield f"{_INDENT}{apply} --undo"


def told(way: Way) -> Iterator[str]:
    """What was done."""
    yield from _wrapped(f"{way.done}." if way.steps else way.intro)
    yield from _notes(way)


def _notes(way: Way) -> Iterator[str]:
    for remark in way.remarks:
        yield from _wrapped(f"Note: {remark}")


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False)
