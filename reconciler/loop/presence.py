"""Whether the watched directory is still itself: its disappearance sends no event that can be relied on.

Before: nothing. After: the runner's queue (*read the directory again*). One `stat` a second on a thread of its own, so
that a file system that hangs delays nobody. Never here: what it means that a directory is another one.
"""

import threading
from collections.abc import Callable
from pathlib import Path

EVERY_SECONDS = 1.0
_Looks = tuple[int, int, int, int, int] | None


class Presence:
    """Calls `on_change` when the directory came, went, was exchanged, or its rights were changed."""

    def __init__(self, directory: Path, on_change: Callable[[], None], *, every_seconds: float = EVERY_SECONDS) -> None:
        self._directory = directory
        self._on_change = on_change
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._before: _Looks = None
        self._thread = threading.Thread(target=self._look_always, name="presence", daemon=True)

    def start(self) -> None:
        """Tell of every change from now on."""
        self._before = _looks(self._directory)
        self._thread.start()

    def stop(self) -> None:
        """End it soon; a `stat` that hangs isn't waited for."""
        self._stopped.set()

    def _look_always(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            now = _looks(self._directory)
            if now != self._before:
                self._before = now
                self._on_change()


def _looks(directory: Path) -> _Looks:
    try:
        found = directory.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_gid
