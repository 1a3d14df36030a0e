"""The files that proposals were made from, so that a refusal can say what has changed since. In memory, the newest.

Before: workshop. Any thread may ask.
"""

from collections import OrderedDict
from threading import Lock

from reconciler.changes.draft import Files, digest

_MOST = 64
_LARGEST_BYTES = 1024 * 1024


class Remembered:
    """The last files that were read for somebody, by what stands for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: OrderedDict[str, Files] = OrderedDict()

    def keep(self, read: Files) -> str:
        """Remember them; returns what stands for them. More than a megabyte isn't kept."""
        base = digest(read)
        with self._lock:
            if sum(len(content or b"") for content in read.values()) <= _LARGEST_BYTES:
                self._files[base] = dict(read)
                self._files.move_to_end(base)
            while len(self._files) > _MOST:
                self._files.popitem(last=False)
        return base

    def find(self, base: str) -> Files | None:
        """Those that this stands for; None where they aren't known (any more)."""
        with self._lock:
            return self._files.get(base)
