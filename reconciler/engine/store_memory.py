"""The store's truth while the process lives: all in memory, bounded, and what of it is not on disk yet.

Before: store, under its lock. After: store_file, which writes the deltas. No disk, no threads, no clock here.
Reading never waits for a disk, and a disk that is gone costs nothing but the history after the next restart.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from reconciler.engine.store_values import Content, Delta, GoodSpec, SpecsDirectory
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision

LONGEST_TEXT = 2_000
# Trimming in steps keeps the cost of dropping old events away from each single record.
TRIM_STEP = 256


class Memory:
    """Values and the marks of what changed. The store holds its lock around every call."""

    def __init__(self, keep_events: int) -> None:
        self.version = 0
        self._keep = keep_events
        self._events: list[Event] = []
        self._revisions: dict[str, tuple[KeptRevision, ...]] = {}
        self._specs: dict[str, GoodSpec] = {}
        self._confirmed: set[str] = set()
        self._held: frozenset[str] = frozenset()
        self._directory: SpecsDirectory | None = None
        self._notes: dict[str, str] = {}
        self._notes_read = False
        self._written_id = 0
        self._set_here: set[str] = set()
        self._taken: set[str] = set()
        self._changed_revisions: set[str] = set()
        self._changed_specs: set[str] = set()
        self._changed_confirmed: set[str] = set()
        self._changed_held: set[str] = set()
        self._changed_directory = False
        self._changed_notes: set[str] = set()

    def record(self, event: Event) -> Event:
        """The event as kept: with an id, and its texts cut to a bounded length.

        Ids are milliseconds of Unix time, made to rise: so they go on rising when the file is lost.
        """
        last = self._events[-1].id if self._events else self._written_id
        kept = replace(
            event,
            id=max(last + 1, int(event.at * 1000)),
            cause=event.cause[:LONGEST_TEXT],
            message=event.message[:LONGEST_TEXT],
        )
        self._events.append(kept)
        self._trim()
        self.version += 1
        return kept

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        """In rising order: the newest `limit` for `after_id` 0, else the first `limit` after it."""
        start = bisect_right(self._events, after_id, key=lambda event: event.id)
        found = [e for e in self._events[start:] if cluster is None or e.cluster == cluster]
        if limit <= 0:
            return ()
        return tuple(found[:limit] if after_id else found[-limit:])

    def revisions(self) -> dict[str, tuple[KeptRevision, ...]]:
        return dict(self._revisions)

    def specs(self) -> dict[str, GoodSpec]:
        return dict(self._specs)

    def directory(self) -> SpecsDirectory | None:
        return self._directory

    def remember_revisions(self, cluster: str, revisions: tuple[KeptRevision, ...]) -> None:
        if self._revisions.get(cluster) != revisions:
            self._revisions[cluster] = revisions
            self._changed_revisions.add(cluster)
            self._set_here.add(cluster)
            self.version += 1

    def remember_spec(self, cluster: str, spec: GoodSpec) -> None:
        if self._specs.get(cluster) != spec:
            self._specs[cluster] = spec
            self._changed_specs.add(cluster)
            self._set_here.add(cluster)
            self.version += 1

    def remember_directory(self, directory: SpecsDirectory) -> None:
        if self._directory != directory:
            self._directory = directory
            self._changed_directory = True
            self.version += 1

    def forget(self, cluster: str) -> None:
        """Drop revisions and spec text; its events stay. Marked even where unknown: the file may know it."""
        self._revisions.pop(cluster, None)
        self._specs.pop(cluster, None)
        self._changed_revisions.add(cluster)
        self._changed_specs.add(cluster)
        self._set_here.add(cluster)
        self.version += 1

    def confirm(self, names: frozenset[str]) -> None:
        self._confirmed |= names
        self._changed_confirmed |= names
        self.version += 1

    def take_confirmed(self) -> frozenset[str]:
        taken = frozenset(self._confirmed)
        if taken:
            self._confirmed.clear()
            self._changed_confirmed |= taken
            self._taken |= taken
            self.version += 1
        return taken

    def held(self) -> frozenset[str]:
        return self._held

    def remember_held(self, names: frozenset[str]) -> None:
        if self._held != names:
            self._changed_held |= self._held ^ names
            self._held = names
            self.version += 1

    def notes(self) -> dict[str, str]:
        return dict(self._notes)

    def note(self, key: str, text: str | None) -> None:
        if self._notes.get(key) != text or not self._notes_read:
            self._changed_notes.add(key)
            self.version += 1
        if text is None:
            self._notes.pop(key, None)
        else:
            self._notes[key] = text

    def adopt(self, content: Content) -> None:
        """Take in what a file holds; what this process has set wins over it."""
        mine = {event.id for event in self._events}
        self._events += [event for event in content.events if event.id not in mine]
        self._events.sort(key=lambda event: event.id)
        self._trim(step=0)
        self._revisions.update({n: kept for n, kept in content.revisions.items() if n not in self._set_here})
        self._specs.update({n: spec for n, spec in content.specs.items() if n not in self._set_here})
        self._confirmed |= content.confirmed - self._changed_confirmed - self._taken
        self._held |= content.held - self._changed_held
        self._directory = self._directory or content.directory
        self._adopt_notes(content.notes)
        self._mark_missing(content)

    def delta(self) -> Delta:
        """What has to be written for the file to hold all of this."""
        start = bisect_right(self._events, self._written_id, key=lambda event: event.id)
        full = len(self._events) >= self._keep
        return Delta(
            version=self.version,
            events=tuple(self._events[start:]),
            revisions={name: self._revisions.get(name, ()) for name in self._changed_revisions},
            specs={name: self._specs.get(name) for name in self._changed_specs},
            confirmed={name: name in self._confirmed for name in self._changed_confirmed},
            held={name: name in self._held for name in self._changed_held},
            directory=self._directory if self._changed_directory else None,
            notes={key: self._notes.get(key) for key in self._changed_notes},
            prune_below=self._events[0].id if full else 0,
        )

    def written(self, delta: Delta) -> None:
        """The file holds `delta` now: forget those marks, except of what changed again meanwhile."""
        if delta.events:
            self._written_id = delta.events[-1].id
        self._changed_revisions -= {n for n, kept in delta.revisions.items() if self._revisions.get(n, ()) == kept}
        self._changed_specs -= {n for n, spec in delta.specs.items() if self._specs.get(n) == spec}
        same = {n for n, there in delta.confirmed.items() if (n in self._confirmed) == there}
        self._changed_confirmed -= same
        self._changed_held -= {n for n, there in delta.held.items() if (n in self._held) == there}
        self._changed_notes -= {key for key, text in delta.notes.items() if self._notes.get(key) == text}
        if delta.directory == self._directory:
            self._changed_directory = False

    def _adopt_notes(self, notes: Mapping[str, str]) -> None:
        """The first file's only: a note dropped since then must not come back with an older file."""
        if not self._notes_read:
            self._notes.update({key: text for key, text in notes.items() if key not in self._changed_notes})
            self._notes_read = True

    def _mark_missing(self, content: Content) -> None:
        """Mark all that this file lacks (a new one lacks everything)."""
        there = {event.id for event in content.events}
        missing = [event.id for event in self._events if event.id not in there]
        self._written_id = missing[0] - 1 if missing else (self._events[-1].id if self._events else 0)
        self._changed_revisions |= _differing(self._revisions, content.revisions)
        self._changed_specs |= _differing(self._specs, content.specs)
        self._changed_confirmed |= self._confirmed ^ content.confirmed
        self._changed_held |= self._held ^ content.held
        self._changed_directory = self._directory != content.directory
        self._changed_notes |= _differing(self._notes, content.notes)

    def _trim(self, step: int = TRIM_STEP) -> None:
        if len(self._events) > self._keep + step:
            del self._events[: len(self._events) - self._keep]


def _differing(ours: Mapping[str, object], theirs: Mapping[str, object]) -> set[str]:
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
