"""What was begun through the API and takes its time: carried out in threads of its own, watched by whoever asks.

Before: services, which begin them. After: the routes and pages that show them. Kept in memory, the newest of them: what
happened to clusters is in the events, which last.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Event
from typing import Protocol, TypeAlias

from reconciler.errors import Busy, ReconcilerError

log = logging.getLogger("reconciler")

MOST_RUNNING = 16
KEPT = 200
MOST_LINES = 2000
_MOST_LINE_CHARACTERS = 2000


class OperationState(StrEnum):
    """`failed` has an `outcome` that says why; `stopped`: a person ended it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """`at` is Unix seconds."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`kind` is a wish's, or `terminate`, `chaos`, `drill`, `images`; `says` says it in words (`resize webapp to 5`).

    `by` is `console` or `api`. Times are Unix seconds; `ended_at` None while it runs. `outcome` is a sentence.
    `difference` is that of the files that it changed.
    """

    id: int
    kind: str
    says: str
    by: str
    began_at: float
    clusters: tuple[str, ...] = ()
    state: OperationState = OperationState.RUNNING
    ended_at: float | None = None
    outcome: str = ""
    difference: str = ""


class Reporter(Protocol):
    """What an operation's thread tells, and how it hears that a person wants it to end."""

    @property
    def stopping(self) -> Event:
        """Set once it should end early."""

    def say(self, text: str) -> None:
        """One more line of its log."""


Work: TypeAlias = Callable[[Reporter], str]
"""Does it, until its `stopping` is set at the latest, and gives the sentence that says how it ended. What it raises is
how it failed.
"""


@dataclass(slots=True, kw_only=True)
class _Entry:
    """One operation with its log; `first` lines of it are forgotten. A Reporter by its shape."""

    operation: Operation
    clock: Callable[[], float]
    stopping: Event = field(default_factory=Event)
    lines: list[LogLine] = field(default_factory=list)
    full: bool = False
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """The last line that fits says that there were more; how it ended is in the outcome, not here."""
        with self.lock:
            for line in text.splitlines() or [""]:
                if self.full:
                    return
                self.full = len(self.lines) == MOST_LINES - 1
                shown = "(there is more; this is as much as is kept)" if self.full else line[:_MOST_LINE_CHARACTERS]
                self.lines.append(LogLine(at=self.clock(), text=shown))


class OperationRegister:
    """Those that run (at most `MOST_RUNNING`) and the newest that ran. May be used by several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._last_id = 0
        self._closed = False

    def insist_on_room(self) -> None:
        """Raises Busy where no more may run at once; to be asked before something is done that is then followed."""
        with self._lock:
            self._insist_on_room()

    def begin(
        self,
        kind: str,
        says: str,
        by: str,
        work: Work,
        *,
        clusters: tuple[str, ...] = (),
        difference: str = "",
        done_already: bool = False,
    ) -> Operation:
        """Have `work` done in a thread of its own. `done_already`: it only follows what has happened, so it is never
        refused; else raises Busy where too many run.
        """
        with self._lock:
            if not done_already:
                self._insist_on_room()
            self._last_id += 1
            operation = Operation(
                id=self._last_id, kind=kind, says=says, by=by, began_at=self._clock(), clusters=clusters,
                difference=difference,
            )  # fmt: skip
            entry = _Entry(operation=operation, clock=self._clock)
            if self._closed:
                entry.stopping.set()
            self._entries[operation.id] = entry
            self._forget()
            entry.thread = threading.Thread(
                target=self._run, args=(entry, work), name=f"operation-{operation.id}", daemon=True
            )
        entry.thread.start()
        return operation

    def all(self) -> tuple[Operation, ...]:
        """Newest first."""
        with self._lock:
            return tuple(entry.operation for entry in reversed(self._entries.values()))

    def find(self, id: int) -> Operation | None:
        """One that runs or ran; None where it isn't known (any more)."""
        with self._lock:
            entry = self._entries.get(id)
            return None if entry is None else entry.operation

    def log(self, id: int, after: int) -> tuple[LogLine, ...]:
        """Its lines but for the first `after`."""
        with self._lock:
            entry = self._entries.get(id)
        if entry is None:
            return ()
        with entry.lock:
            return tuple(entry.lines[max(after, 0) :])

    def stop(self, id: int) -> bool:
        """Ask it to end early; False where it has ended."""
        with self._lock:
            entry = self._entries.get(id)
            if entry is None or entry.operation.state is not OperationState.RUNNING:
                return False
            entry.stopping.set()
            return True

    def wait(self, id: int, seconds: float) -> Operation | None:
        """It, once it has ended or after so long."""
        with self._lock:
            entry = self._entries.get(id)
        if entry is not None and entry.thread is not None:
            entry.thread.join(seconds)
        return self.find(id)

    def close(self, seconds: float) -> None:
        """End all of them; those that don't end in time are left to themselves."""
        with self._lock:
            self._closed = True
            entries = [entry for entry in self._entries.values() if entry.operation.state is OperationState.RUNNING]
            for entry in entries:
                entry.stopping.set()
        give_up_at = time.monotonic() + seconds
        for entry in entries:
            if entry.thread is not None:
                entry.thread.join(max(0.0, give_up_at - time.monotonic()))

    def _insist_on_room(self) -> None:
        running = sum(1 for entry in self._entries.values() if entry.operation.state is OperationState.RUNNING)
        if running >= MOST_RUNNING:
            raise Busy(f"{running} operations run already, which is the most at once: wait for one, or stop one")

    def _forget(self) -> None:
        """The oldest that have ended, beyond those that are kept."""
        ended = [id for id, entry in self._entries.items() if entry.operation.state is not OperationState.RUNNING]
        for id in ended[: max(0, len(self._entries) - KEPT)]:
            del self._entries[id]

    def _run(self, entry: _Entry, work: Work) -> None:
        try:
            outcome = work(entry)
        except ReconcilerError as error:
            self._end(entry, OperationState.FAILED, str(error))
        except Exception:
            log.exception("operation %d (%s) broke off", entry.operation.id, entry.operation.says)
            self._end(entry, OperationState.FAILED, "it broke off by a mistake of ours; the loop's log has the details")
        else:
            stopped = entry.stopping.is_set()
            self._end(entry, OperationState.STOPPED if stopped else OperationState.DONE, outcome)

    def _end(self, entry: _Entry, state: OperationState, outcome: str) -> None:
        with self._lock:
            entry.operation = replace(entry.operation, state=state, ended_at=self._clock(), outcome=outcome)
