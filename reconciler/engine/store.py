"""What outlives the loop: events, revisions, last good specs, deletions, the watched directory, notes.

Before: the loop and the command line. After: store_memory (the truth while we live), store_file (the disk).
Nothing here can stop the loop or delay it: reads come from memory, writes are done by a thread of its own, in
batches, and a disk that is full, read-only, locked or gone is reported once and tried again until it is back.
Losing the file loses history and nothing that runs: the containers' labels are the record of what exists.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Condition, Thread

from reconciler.engine.store_file import StoreFile, move_aside, read_only
from reconciler.engine.store_memory import Memory
from reconciler.engine.store_values import BrokenStoreError, Content, GoodSpec, SpecsDirectory, StoreError
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision

log = logging.getLogger(__name__)

FILE_NAME = "state.db"
KEEP_EVENTS = 10_000
OPEN_SECONDS = 3.0
CLOSE_SECONDS = 2.0
GATHER_SECONDS = 0.05
LOOK_SECONDS = 1.0


class Store:
    """One environment's memory in the file `path`; safe to call from several threads; one process writes.

    The file isn't made before there is something to keep, so that looking at an environment leaves no traces.
    """

    def __init__(
        self,
        path: Path,
        on_problem: Callable[[str], None],
        *,
        keep_events: int = KEEP_EVENTS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Read the file; waits for a hanging disk no longer than OPEN_SECONDS and then goes on without.

        `on_problem` is called once for each outage, with a sentence, from the store's own thread.
        `look_seconds` is how often a disk that failed is tried again and an idle file looked after.
        """
        self._path = path
        self._on_problem = on_problem
        self._look_seconds = look_seconds
        self._memory = Memory(keep_events)
        self._file: StoreFile | None = None
        self._problem = ""
        self._changed = Condition()
        self._opened = False
        self._closing = False
        self._hurry = False
        self._written = 0
        self._writer = Thread(target=self._write_always, name="store", daemon=True)
        self._writer.start()
        with self._changed:
            self._changed.wait_for(lambda: self._opened, OPEN_SECONDS)

    @property
    def problem(self) -> str:
        """Why nothing reaches the disk at present; empty when all is well."""
        with self._changed:
            return self._problem

    def record(self, event: Event) -> Event:
        """Keep an event; the one returned has its id."""
        with self._changed:
            kept = self._memory.record(event)
            self._changed.notify_all()
            return kept

    def events(self, after_id: int = 0, cluster: str | None = None, limit: int = 200) -> tuple[Event, ...]:
        """In rising order: the newest `limit` where `after_id` is 0, else the first `limit` after that id."""
        with self._changed:
            return self._memory.events(after_id, cluster, limit)

    def revisions(self) -> dict[str, tuple[KeptRevision, ...]]:
        """The versions of each cluster, oldest first."""
        with self._changed:
            return self._memory.revisions()

    def remember_revisions(self, cluster: str, revisions: tuple[KeptRevision, ...]) -> None:
        """These, and no others, are the cluster's versions."""
        with self._changed:
            self._memory.remember_revisions(cluster, revisions)
            self._changed.notify_all()

    def last_good(self) -> dict[str, bytes]:
        """The text of each cluster's last spec that was in force."""
        with self._changed:
            return {name: spec.text for name, spec in self._memory.specs().items()}

    def last_good_files(self) -> dict[str, str]:
        """The names of the files that `last_good` came from; empty where it wasn't told."""
        with self._changed:
            return {name: spec.file for name, spec in self._memory.specs().items()}

    def remember_spec(self, cluster: str, text: bytes, file: str = "") -> None:
        with self._changed:
            self._memory.remember_spec(cluster, GoodSpec(text=text, file=file))
            self._changed.notify_all()

    def forget(self, cluster: str) -> None:
        """Drop a cluster's revisions and spec text; its events stay."""
        with self._changed:
            self._memory.forget(cluster)
            self._changed.notify_all()

    def specs_directory(self) -> SpecsDirectory | None:
        """The directory that was watched last."""
        with self._changed:
            return self._memory.directory()

    def remember_specs_directory(self, directory: SpecsDirectory) -> None:
        with self._changed:
            self._memory.remember_directory(directory)
            self._changed.notify_all()

    def confirm(self, names: Iterable[str]) -> None:
        """The deletion of these clusters was asked for by name."""
        with self._changed:
            self._memory.confirm(frozenset(names))
            self._changed.notify_all()

    def take_confirmed(self) -> frozenset[str]:
        """What was confirmed since this was last called; each name is given out once."""
        with self._changed:
            taken = self._memory.take_confirmed()
            self._changed.notify_all()
            return taken

    def held(self) -> frozenset[str]:
        """The clusters whose deletion waits for a person."""
        with self._changed:
            return self._memory.held()

    def remember_held(self, names: Iterable[str]) -> None:
        """These, and no others, are the clusters whose deletion waits for a person."""
        with self._changed:
            self._memory.remember_held(frozenset(names))
            self._changed.notify_all()

    def notes(self) -> dict[str, str]:
        """What others asked to keep, by key."""
        with self._changed:
            return self._memory.notes()

    def note(self, key: str, text: str | None) -> None:
        """Keep `text` under `key`; None drops it."""
        with self._changed:
            self._memory.note(key, text)
            self._changed.notify_all()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait at most `timeout` seconds until all handed in before is on disk; False where it isn't."""
        with self._changed:
            target = self._memory.version
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._written >= target, timeout)

    def close(self) -> None:
        """Write what is left, if the disk lets us, and let go of the file; later changes stay in memory."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._writer.join(CLOSE_SECONDS)

    def _write_always(self) -> None:
        """The writer thread: reads the file, then writes changes and looks after the file until closed."""
        if self._path.exists():
            self._try()
        with self._changed:
            self._opened = True
            self._changed.notify_all()
        while self._wait_for_work():
            self._try()
        self._try()
        self._let_go()

    def _wait_for_work(self) -> bool:
        """Sleep until there is something to write or to look after; False when it is time to end."""
        with self._changed:
            waiting = self._look_seconds
            if self._problem:
                self._changed.wait_for(lambda: self._closing or self._hurry, waiting)
            else:
                self._changed.wait_for(lambda: self._closing or self._dirty, waiting)
                # Let a burst arrive whole: one commit instead of many.
                self._changed.wait_for(lambda: self._closing or self._hurry, GATHER_SECONDS * self._dirty)
            self._hurry = False
            return not self._closing

    @property
    def _dirty(self) -> bool:
        return self._memory.version > self._written

    def _try(self) -> None:
        """Bring the file up to date once; a failure is told once and leaves everything for the next time."""
        try:
            self._bring_up_to_date()
        except StoreError as problem:
            self._fail(str(problem))
        except Exception as bug:  # the writer must outlive even a mistake of ours
            log.exception("the store's writer failed")
            self._fail(repr(bug))
        else:
            self._recover()

    def _bring_up_to_date(self) -> None:
        if self._file and not self._file.still_there():
            self._let_go()
            log.warning("%s was deleted or replaced: writing it anew", self._path)
        if self._file is None:
            with self._changed:
                needed = self._dirty or self._written > 0 or self._path.exists()
            if not needed:
                return
            self._open()
        with self._changed:
            delta = self._memory.delta()
            pending = self._dirty
        if pending and self._file:
            self._file.apply(delta)
            with self._changed:
                self._memory.written(delta)
                self._written = delta.version
                self._changed.notify_all()

    def _open(self) -> None:
        """Open or make the file and take in what it holds; a broken one is moved aside first."""
        try:
            opened, content = self._read()
        except BrokenStoreError as broken:
            aside = move_aside(self._path)
            self._tell(f"{self._path} was unusable ({broken}); it is now {aside.name}, a new one is begun")
            opened, content = self._read()
        self._file = opened
        with self._changed:
            self._memory.adopt(content)
            # Whatever this file lacks counts as unwritten again.
            self._memory.version += 1

    def _read(self) -> tuple[StoreFile, Content]:
        try:
            opened = StoreFile(self._path)
        except BrokenStoreError:
            raise
        except StoreError:
            self._read_only()
            raise
        try:
            return opened, opened.load()
        except StoreError:
            opened.close()
            raise

    def _read_only(self) -> None:
        """At the start, take what a file holds that can be read but not written."""
        if not self._opened and self._path.exists():
            content = read_only(self._path)
            with self._changed:
                self._memory.adopt(content)

    def _let_go(self) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except StoreError as problem:
            log.debug("closing %s: %s", self._path, problem)

    def _fail(self, reason: str) -> None:
        self._let_go()
        with self._changed:
            first = not self._problem
            self._problem = reason
        if first:
            fix = "going on in memory, and trying again: free space or give access, and it recovers by itself"
            self._tell(f"nothing can be written to {self._path}: {reason}; {fix}")

    def _recover(self) -> None:
        with self._changed:
            was, self._problem = self._problem, ""
        if was:
            log.info("%s can be written again", self._path)

    def _tell(self, message: str) -> None:
        try:
            self._on_problem(message)
        except Exception:  # the listener's mistake must not end the writer
            log.exception("telling a problem of the store failed: %s", message)
