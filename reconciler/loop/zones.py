"""The closed zones of one environment: kept in the store, told as events, opened when their time is over.

Before: the desk (people's requests, by the deciding thread), the store (an earlier loop's). After: each pass, which
asks what is closed now. Only the deciding thread calls it; others may read `standing`, which is never changed, only
replaced. Time is the wall clock's: a zone that was closed for ten minutes opens on time though no loop ran.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.engine.closed_zones import forget_closed, keep_closed, read_closed
from reconciler.engine.store import Store
from reconciler.loop.workqueue import ALL, WorkQueue
from reconciler.state.zones import ClosedZone

Note = Callable[[str, str, str], None]
"""Kind, subject and cause of an event."""


class Zones:
    """Which zones are closed; `wall` is in Unix seconds."""

    def __init__(self, store: Store, queue: WorkQueue, note: Note, wall: Callable[[], float]) -> None:
        self._store = store
        self._queue = queue
        self._note = note
        self._wall = wall
        self.standing: Mapping[str, ClosedZone] = read_closed(store.notes())

    def now_closed(self) -> Mapping[str, ClosedZone]:
        """Those closed at this moment; who is over opens, and the next that will be wakes us."""
        now = self._wall()
        for closed in [*self.standing.values()]:
            if closed.over(now):
                self._drop(closed.zone)
                self._note("zone", closed.zone, "open again: its time was over")
            elif closed.until is not None:
                self._queue.add_after(ALL, closed.until - now)
        return self.standing

    def close(self, zone: str, seconds: float | None, why: str) -> ClosedZone:
        """Close it, or change for how long and why it is."""
        now = self._wall()
        until = None if seconds is None else now + seconds
        before = self.standing.get(zone) or ClosedZone(zone=zone, since=now)
        closed = replace(before, until=until, why=why)
        self.standing = {**self.standing, zone: closed}
        keep_closed(self._store, closed)
        self._note("zone", zone, closing_cause(closed))
        self._queue.add(ALL)
        return closed

    def open(self, zone: str) -> bool:
        """Open it; False where it was open."""
        if zone not in self.standing:
            return False
        self._drop(zone)
        self._note("zone", zone, OPENED)
        self._queue.add(ALL)
        return True

    def _drop(self, zone: str) -> None:
        self.standing = {name: closed for name, closed in self.standing.items() if name != zone}
        forget_closed(self._store, zone)


OPENED = "open again, as asked"


def closing_cause(closed: ClosedZone) -> str:
    """Until when a zone is closed, and why, for the event."""
    if closed.until is None:
        until = "until somebody opens it"
    else:
        until = f"until {datetime.fromtimestamp(closed.until, UTC).isoformat(timespec='seconds')}"
    return f"closed {until} ({closed.why or 'no reason given'})"
