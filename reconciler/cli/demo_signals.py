"""Signals that end the demo: the first one ends what is being done, none disturbs the clearing up.

Before: demo. After: exceptions where the demo stands. Never here: what is cleared up.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """Raises KeyboardInterrupt for the first Ctrl-C, SystemExit for the first SIGTERM or SIGHUP; then nothing more."""

    def __init__(self) -> None:
        self._deaf = False
        self._holding = False
        self._pending: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._deaf:
            return
        if self._holding:
            self._pending = number
            return
        self._deaf = True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    def ignore(self) -> None:
        """From now on nothing is raised: what is being cleared up must be cleared up whole."""
        self._deaf = True

    @contextmanager
    def hold(self) -> Iterator[None]:
        """What must not be cut in two (a process made, its handle kept) comes first, the signal after it."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending is not None:
            self(self._pending, None)


@contextmanager
def ending() -> Iterator[Ending]:
    """Handle the signals within the block, and as before after it."""
    handler = Ending()
    before = {number: signal.signal(number, handler) for number in _ENDING}
    try:
        yield handler
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
