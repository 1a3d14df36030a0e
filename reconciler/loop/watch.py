"""Watching the directory: every change only says *look again*; a closed or renamed file may be read at once.

Before: the file system (watchdog, imported nowhere else). After: the scanner, through the queue.
The watch is on the directory, never on files: a save by rename would end a file's watch. It is checked at each
resync and made anew when its threads died or the directory is another one.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from watchdog.events import (
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

_EVENTS: list[type[FileSystemEvent]] = [
    DirDeletedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent,
    FileMovedEvent,
]  # fmt: skip


class OnChange(Protocol):
    """Called on watchdog's thread. `settled`: closed or renamed into place, so the file is whole as it is."""

    def __call__(self, name: str, *, settled: bool) -> None: ...


class DirectoryWatch:
    """Tells `on_change` of every file in `directory`; `polling` where the file system sends no events."""

    def __init__(self, directory: Path, on_change: OnChange, *, polling: bool = False) -> None:
        self._directory = directory
        self._handler = _Handler(on_change)
        self._polling = polling
        self._observer: BaseObserver | None = None
        self._identity: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def ensure(self) -> bool:
        """Watch the directory as it is now; True when a watch had to be made (then look at everything)."""
        with self._lock:
            identity = _identity(self._directory)
            if identity == self._identity and self._healthy():
                return False
            self._end()
            if identity is None:
                return False
            return self._begin(identity)

    def stop(self) -> None:
        """End the watch."""
        with self._lock:
            self._end()

    def _begin(self, identity: tuple[int, int]) -> bool:
        observer = PollingObserver(timeout=0.5) if self._polling else Observer()
        try:
            observer.schedule(self._handler, str(self._directory), event_filter=_EVENTS)
            observer.start()
        except OSError:  # gone again, or out of inotify watches: the resync reads the directory all the same
            return False
        self._observer, self._identity = observer, identity
        return True

    def _end(self) -> None:
        observer, self._observer, self._identity = self._observer, None, None
        if observer is not None:
            observer.stop()
            if observer.is_alive():
                observer.join(timeout=2.0)

    def _healthy(self) -> bool:
        if self._observer is None or not self._observer.is_alive():
            return False
        return all(emitter.is_alive() for emitter in self._observer.emitters)


class _Handler(FileSystemEventHandler):
    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._on_change(_name(event.src_path), settled=isinstance(event, FileClosedEvent))
        if event.dest_path:
            self._on_change(_name(event.dest_path), settled=True)


def _name(path: str | bytes) -> str:
    return Path(path.decode(errors="replace") if isinstance(path, bytes) else path).name


def _identity(directory: Path) -> tuple[int, int] | None:
    try:
        status = directory.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
