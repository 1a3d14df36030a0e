"""Attended time: a monotonic clock that stands still while this process does.

A reconciler that was stopped (SIGSTOP, a sleeping laptop, a starved machine) heard nobody; time that it did not
attend must not count as anybody's silence. Every gap between two looks that is longer than `gap_seconds` is left out.
"""

import threading
import time
from collections.abc import Callable

GAP_SECONDS = 1.0
_TICK_SECONDS = 0.2


class AttendedClock:
    """Callable like time.monotonic; a ticking thread looks often enough that only real absences make gaps."""

    def __init__(self, source: Callable[[], float] = time.monotonic, gap_seconds: float = GAP_SECONDS) -> None:
        self._source = source
        self._gap = gap_seconds
        self._lock = threading.Lock()
        self._last = source()
        self._absent = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self) -> float:
        """Seconds of attended time since some fixed instant."""
        with self._lock:
            current = self._source()
            gap = current - self._last
            if gap > self._gap:
                self._absent += gap
            self._last = current
            return current - self._absent

    @property
    def absent_seconds(self) -> float:
        """How long this process was away, in all."""
        with self._lock:
            return self._absent

    def start(self) -> None:
        """Begin to look regularly; without it every call must come sooner than the gap."""
        self._thread = threading.Thread(target=self._tick, name="clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the ticking thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _tick(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            self()
