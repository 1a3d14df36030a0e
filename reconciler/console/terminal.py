"""Where the output goes: colour or not, how wide, which signs it can carry.

Before: the streams and the environment (NO_COLOR, COLUMNS, TERM, PYTHONIOENCODING).
After: cli prints through it.
"""

import os
import sys
from collections.abc import Mapping
from typing import IO

from rich.console import Console
from rich.text import Text

from reconciler.console.glyphs import Glyphs, glyphs_for


def make_console(stream: IO[str] | None = None, *, record: bool = False, width: int | None = None) -> Console:
    """A console on `stream` (default: standard output) that never interprets what it prints as markup."""
    return Console(file=stream or sys.stdout, markup=False, emoji=False, highlight=False, record=record, width=width)


def text_width(console: Console, environ: Mapping[str, str] = os.environ) -> int | None:
    """The cells a line may have; None where a program reads it, so that no name is cut."""
    if console.is_terminal or environ.get("COLUMNS", "").isdigit():
        return console.width
    return None


def glyphs_of(console: Console) -> Glyphs:
    """The signs that this console's stream can carry."""
    return glyphs_for(console.encoding)


def print_text(console: Console, text: Text) -> None:
    """Print lines that were laid out already: nothing wraps or cuts them again."""
    console.print(text, soft_wrap=True)
