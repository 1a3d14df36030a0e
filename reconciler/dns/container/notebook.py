"""What others registered over the SkyDNS API, as the notes that outlive a process: here until the loop has them.

Before: dns.skydns.registry, which writes them; program, with those of the server before this one. After: control, which
hands the changes to the loop, whose store keeps them. Never here: what a note says.
"""

from collections.abc import Mapping
from threading import Lock


class Notebook:
    """Thread-safe; the `Notes` of the registry."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        self._lock = Lock()
        self._notes = dict(notes)
        self._fresh: dict[str, str | None] = {}

    def notes(self) -> Mapping[str, str]:
        """All of them, by key."""
        with self._lock:
            return dict(self._notes)

    def note(self, key: str, text: str | None) -> None:
        """Keep `text` under `key`; None drops it."""
        with self._lock:
            if text is None:
                self._notes.pop(key, None)
            else:
                self._notes[key] = text
            self._fresh[key] = text

    def begin(self) -> Mapping[str, str | None]:
        """All of them, for a loop that has just connected; what changes from now on is fresh."""
        with self._lock:
            self._fresh = {}
            return dict(self._notes)

    def fresh(self) -> Mapping[str, str | None]:
        """What changed since this was asked last; None for what was dropped. A loop that didn't get the answer has to
        connect anew, and gets all.
        """
        with self._lock:
            found, self._fresh = self._fresh, {}
            return found
