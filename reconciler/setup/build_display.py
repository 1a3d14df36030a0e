"""How several builds show themselves: a line for each image that keeps up on a terminal, plain lines elsewhere.

Before: nothing. After: build_all, which tells it what happens. Never here: the work. Any thread may tell; what is
shown is decided by the rows alone.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

End = Literal["built", "up to date", "failed", "not built", "interrupted"]

_WIDEST = 100  # a RUN of many lines is told by its beginning

_STYLES: dict[str, str] = {"built": "green", "failed": "bold red", "not built": "yellow", "interrupted": "yellow"}


@dataclass(slots=True, kw_only=True)
class Row:
    """One image: what it is at, in words; times are those of the board's clock."""

    name: str
    text: str = ""
    end: End | None = None
    began_at: float | None = None
    ended_at: float | None = None

    def seconds(self, now: float) -> float | None:
        """How long it has been built, None where it was not."""
        if self.began_at is None:
            return None
        return (now if self.ended_at is None else self.ended_at) - self.began_at


class Board:
    """The rows, by reference; a context in which they are shown."""

    def __init__(self, console: Console, names: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self.rows = {reference: Row(name=name) for reference, name in names.items()}
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._live = (
            Live(console=console, get_renderable=self._now, refresh_per_second=8) if console.is_terminal else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for reference, row in self.rows.items():
                if row.end is None:
                    self.ended(reference, "interrupted" if row.began_at is not None else "not built")
        if self._live is not None:
            self._live.stop()

    def waits(self, reference: str, text: str) -> None:
        """It can't start yet, for this reason."""
        self.rows[reference].text = text

    def began(self, reference: str) -> None:
        """Its build starts now."""
        row = self.rows[reference]
        row.text, row.began_at = "starts", self._clock()
        self._print(f"{reference}: building ...")

    def said(self, reference: str, text: str) -> None:
        """It is at this step."""
        self.rows[reference].text = text
        self._print(f"{reference}: {text[:_WIDEST]}{'…' if len(text) > _WIDEST else ''}")

    def ended(self, reference: str, end: End, text: str = "") -> None:
        """It came to this end; a failure keeps the step that it was at."""
        row = self.rows[reference]
        row.end, row.ended_at = end, self._clock()
        row.text = text or (f"at {row.text}" if end == "failed" and row.text else "")
        took = row.seconds(row.ended_at)
        more = f" in {took:.1f} s" if end == "built" and took is not None else f", {text}" if text else ""
        self._print(f"{reference}: {end}{more}")

    def _print(self, line: str) -> None:
        if self._live is None:
            with self._lock:
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _now(self) -> Table:
        # Three cells stay free: the terminal's own `^C` must not push the last line on, which is drawn over then.
        return table(self.rows.values(), self._clock(), width=self._console.width - 3)


def table(rows: Iterable[Row], now: float, *, width: int) -> Table:
    """The rows as they are at `now`: a line of at most `width` cells each."""
    shown = Table.grid(padding=(0, 2, 0, 0))
    shown.width = width
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    shown.add_column(no_wrap=True, justify="right")
    for row in rows:
        seconds = row.seconds(now)
        shown.add_row(
            Text(row.name, style="bold" if row.end is None and seconds is not None else ""),
            _state(row),
            Text("" if seconds is None or row.end == "up to date" else f"{seconds:.0f} s"),
        )
    return shown


def _state(row: Row) -> Text:
    if row.end is None:
        return Text(row.text, style="" if row.began_at is not None else "dim")
    said = Text(row.end, style=_STYLES.get(row.end, "dim"))
    return said.append(f" {row.text}" if row.end == "failed" else f": {row.text}" if row.text else "", style="")
