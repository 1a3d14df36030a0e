"""The line at the bottom while a fault is made and holds: drawn again and again on a terminal, silent elsewhere.

Before: chaos_run. After: standard error, so that results stay by themselves.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Self

from reconciler.errors import ReconcilerError
from reconciler.plan.status import WorldStatus

_WIDTH = 79
_LOOK_SECONDS = 1.0


class Line:
    """One line; `quiet` says nothing at all. Without a terminal each step is a line of its own."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._alive = sys.stderr.isatty() and not quiet
        self._drawn = False
        self._ready = ""
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, words: str) -> None:
        """What is being done."""
        if self._alive:
            self._draw(f"{words} ...")
        elif not self._quiet:
            sys.stderr.write(f"{words}\n")
            sys.stderr.flush()

    def count(self, says: str, left_seconds: float, look: Callable[[], WorldStatus]) -> None:
        """The fault that holds, how long still, and how the environment bears it."""
        if not self._alive:
            return
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._ready = _ready(look)
            self._looked_at = time.monotonic()
        tail = f", heals in {left_seconds:.0f} s{self._ready}"
        self._draw(f"{says[: _WIDTH - len(tail)]}{tail}")

    def clear(self) -> None:
        """Nothing stands there."""
        with self._lock:
            if self._drawn:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
                self._drawn = False

    def _draw(self, words: str) -> None:
        with self._lock:
            sys.stderr.write(f"\r\x1b[K{words[:_WIDTH]}")
            sys.stderr.flush()
            self._drawn = True


def _ready(look: Callable[[], WorldStatus]) -> str:
    try:
        clusters = look().clusters
    except ReconcilerError:
        return ", the loop doesn't answer"
    return f", {sum(c.ready for c in clusters)} of {sum(c.desired for c in clusters)} ready"
