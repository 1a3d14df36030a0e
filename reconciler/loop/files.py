"""When a file in the watched directory may be read, and what was read of it last. No spec is understood here.

Before: the watch says what was closed or renamed. After: scanner. A file is read when it was closed or renamed into
place, else when it has been unchanged for `SETTLE_SECONDS`; one that vanished counts as gone after `GONE_SECONDS`
(editors and git take a file away and put it back).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SETTLE_SECONDS = 0.5
GONE_SECONDS = 1.0

Stamp = tuple[int, int, int, int, int]


@dataclass(slots=True)
class _Entry:
    stamp: Stamp
    changed_at: float
    read_stamp: Stamp | None = None
    gone_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`readable`: names to read now. `present`: names that count as there. `again_at`: when to look again."""

    readable: tuple[str, ...]
    present: frozenset[str]
    again_at: float | None


class FileTracker:
    """Stamps (device, inode, size, times of change) of the directory's files, and when each was last seen to change."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._first = True

    def look(self, directory: Path, names: Iterable[str], settled: frozenset[str], now: float) -> Changes:
        """Compare the directory with what was seen before. `settled` are names known to be whole as they are."""
        seen = {name: stamp for name in names if (stamp := _stamp(directory / name)) is not None}
        readable: list[str] = []
        wake: list[float] = []
        for name, stamp in seen.items():
            entry = self._entries.get(name)
            if entry is None or entry.stamp != stamp:
                read_before = entry.read_stamp if entry else None
                entry = self._entries[name] = _Entry(stamp, now, read_before)
            entry.gone_at = None
            if entry.read_stamp == stamp:
                continue
            if self._first or name in settled or now - entry.changed_at >= SETTLE_SECONDS:
                readable.append(name)
                entry.read_stamp = stamp
            else:
                wake.append(entry.changed_at + SETTLE_SECONDS)
        wake += self._mark_gone(seen, now)
        self._first = False
        return Changes(readable=tuple(readable), present=frozenset(self._entries), again_at=min(wake, default=None))

    def _mark_gone(self, seen: dict[str, Stamp], now: float) -> list[float]:
        wake = []
        for name in [name for name in self._entries if name not in seen]:
            entry = self._entries[name]
            if entry.gone_at is None:
                entry.gone_at = now
            if now - entry.gone_at >= GONE_SECONDS:
                del self._entries[name]
            else:
                wake.append(entry.gone_at + GONE_SECONDS)
        return wake


def _stamp(path: Path) -> Stamp | None:
    """What changes when a file's contents do: of the link's target, since that is what is read."""
    try:
        status = path.stat()
    except OSError:
        try:
            status = path.lstat()  # a dangling link is there, and is reported when it is read
        except OSError:
            return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def listed(directory: Path) -> tuple[str, ...]:
    """The names in the directory. Raises OSError where it can't be read."""
    return tuple(path.name for path in directory.iterdir())
