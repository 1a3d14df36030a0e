"""How a long step shows itself: a spinner with the newest line on a terminal, two plain lines elsewhere.

Before: run. After: every repair. Never here: the work itself. What is quick makes no step, so it stays quiet.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

Line = Callable[[str], None]


def _ignore(_line: str) -> None:
    """Without a terminal a program's own lines are left out; its error would carry the last of them."""


@contextmanager
def step(console: Console, text: str) -> Iterator[Line]:
    """Show `text` while the block runs, then how long it took; yields what takes a program's output lines."""
    started_at = time.monotonic()
    if console.is_terminal:
        with console.status(escape(text)) as status:
            yield lambda line: status.update(f"{escape(text)} [dim]{escape(line[:80])}[/dim]")
    else:
        console.print(f"{text} ...", markup=False, highlight=False, soft_wrap=True)
        yield _ignore
    console.print(
        f"{text}: done in {time.monotonic() - started_at:.1f} s",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
