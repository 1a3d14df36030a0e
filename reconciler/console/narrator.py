"""A story told step by step: one line for each step, with what was done, what came of it, and its seconds.

Before: whoever does the steps. After: the output. On a terminal a step shows itself while it lasts; elsewhere a
line appears when it is over. Lines fit into 80 columns, or into the terminal where that is narrower.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from reconciler.console.layout import hanging
from reconciler.console.terminal import print_text

_WIDEST = 80
_DID = 25
_SECONDS = 8


@dataclass(slots=True)
class Step:
    """One step under way; what came of it and, where the whole step isn't what counts, how long that took."""

    outcome: str = ""
    seconds: float | None = None
    began_at: float = field(default_factory=time.monotonic)

    def came(self, outcome: str, seconds: float | None = None) -> None:
        """What is told when the step is over; `seconds` None means the step's own duration."""
        self.outcome, self.seconds = outcome, seconds


class Narrator:
    """Tells to one console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST

    def say(self, text: str = "", style: str = "") -> None:
        """A paragraph of its own."""
        for line in hanging(Text(), text, indent=0, width=self._width, style=style):
            print_text(self.console, line)
        self.console.file.flush()

    @contextmanager
    def step(self, did: str, awaited: str = "") -> Iterator[Step]:
        """Tell a step: `did` is what is done, `awaited` what is waited for meanwhile. A step that raises isn't told."""
        step = Step()
        shown = f"{did} · {awaited}" if awaited else did
        with self.console.status(Text(shown, "cyan")) if self.console.is_terminal else nullcontext():
            yield step
        self._tell(did, step)

    def _tell(self, did: str, step: Step) -> None:
        seconds = time.monotonic() - step.began_at if step.seconds is None else step.seconds
        room = self._width - _SECONDS
        label = Text(f"  {did}", "bold")
        lines = hanging(label, step.outcome, indent=max(_DID, label.cell_len + 2), width=room)
        first = lines[0]
        first.append(" " * (room - first.cell_len))
        first.append(f"{seconds:.1f} s".rjust(_SECONDS), "green")
        for line in lines:
            print_text(self.console, line)
        self.console.file.flush()
