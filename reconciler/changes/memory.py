"""The files that proposals were made from, so that a refusal can say what has changed since; and which revision a
judgement or an undo was shown for, which a file alone doesn't say. In memory, the newest.

Before: workshop. Any thread may ask.
"""

from collections import OrderedDict
from threading import Lock

from reconciler.changes.draft import Files, digest
from reconciler.changes.wishes import Promote, Undo, Wish

_MOST = 64
_LARGEST_BYTES = 1024 * 1024


class Remembered:
    """The last files that were read for somebody, by what stands for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: OrderedDict[str, Files] = OrderedDict()
        self._revisions: OrderedDict[tuple[str, Wish], str] = OrderedDict()

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

    def show(self, base: str, wish: Wish, revision: str) -> None:
        """This wish, with these files, turned out to be about this revision."""
        if not isinstance(wish, Promote | Undo):
            return
        with self._lock:
            self._revisions[base, wish] = revision
            self._revisions.move_to_end((base, wish))
            while len(self._revisions) > _MOST:
                self._revisions.popitem(last=False)

    def shown(self, base: str, wish: Wish) -> str:
        """Which one that was; empty where nobody knows (any more), or the wish says all itself."""
        if not isinstance(wish, Promote | Undo):
            return ""
        with self._lock:
            return self._revisions.get((base, wish), "")
