"""The queue of cluster names to look at again: a set with timers, never events.

Before: watchers, listeners, outcomes and timers add names. After: the deciding thread takes all that are due at once.
A name added twice is looked at once; a name added while its cluster is being looked at is looked at again.
"""

import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TypeVar

ALL = "*"
Item = TypeVar("Item")
FILES = "/files"  # the directory; no cluster can be called so


class WorkQueue:
    """Names to look at now, and names to look at later (the earlier of two instants wins). Thread-safe.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._condition = threading.Condition()
        self._due: set[str] = set()
        self._later: dict[str, float] = {}
        self._closed = False

    def add(self, name: str = ALL) -> None:
        """Look at `name` now; ALL means every cluster, the directory included."""
        with self._condition:
            self._due.add(name)
            self._condition.notify()

    def add_after(self, name: str, seconds: float) -> None:
        """Look at `name` in `seconds`, or sooner where that was asked for already."""
        at = self._clock() + max(0.0, seconds)
        with self._condition:
            if at < self._later.get(name, float("inf")):
                self._later[name] = at
                self._condition.notify()

    def take(self) -> tuple[frozenset[str], frozenset[str]]:
        """Wait for names: those that something happened to, and those whose timer ran out. Both empty when closed."""
        with self._condition:
            while True:
                now = self._clock()
                ripe = {name for name, at in self._later.items() if at <= now}
                if self._closed:
                    return frozenset(), frozenset()
                if self._due or ripe:
                    due, self._due = frozenset(self._due), set()
                    self._forget(ripe | due)
                    return due, frozenset(ripe)
                soonest = min(self._later.values(), default=None)
                self._condition.wait(None if soonest is None else soonest - now)

    def close(self) -> None:
        """Wake the taker for the last time."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            self._later.pop(name, None)


def drain(queue: "SimpleQueue[Item]") -> list[Item]:
    """All that waits in `queue`, which others may go on to fill."""
    items: list[Item] = []
    while True:
        try:
            items.append(queue.get_nowait())
        except Empty:
            return items
