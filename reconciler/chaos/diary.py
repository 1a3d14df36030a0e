"""What is told of faults: when one begins and when it has ended, each once, whoever made it and however it ended.

Before: keeper (helpers as the engine shows them). After: events, which are also how the next loop knows what was told.
Never here: clocks, the engine.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from reconciler.chaos.history import KIND
from reconciler.chaos.policies import Note
from reconciler.state.event import Event
from reconciler.state.faults import FaultPart, FaultSeen, group

_SUBJECT = re.compile(r"([a-z-]+) ([a-z0-9]{1,20})")
_BEGINS = "begins: "
_ENDED = "ended"


class Diary:
    """One thread's. What has ended never begins again: the cleaner of a dead helper goes by its fault's id."""

    def __init__(self, note: Note, local: Callable[[float], datetime]) -> None:
        self._note = note
        self._local = local
        self._open: dict[str, tuple[str, str]] = {}
        self._over: set[str] = set()

    def remember(self, events: Iterable[Event]) -> None:
        """Take up what an earlier loop told."""
        for event in events:
            found = _SUBJECT.fullmatch(event.subject) if event.kind == KIND else None
            if found is None:
                continue
            if event.cause.startswith(_BEGINS):
                self._open[found[2]] = (event.cluster, event.subject)
            elif event.cause == _ENDED:
                self._open.pop(found[2], None)
                self._over.add(found[2])

    def look(self, parts: Iterable[FaultPart], now: float) -> None:
        """These are there now."""
        present = tuple(parts)
        there = {part.fault_id for part in present}
        begun = {part.fault_id for part in present if part.alive or part.exit_code is not None}
        for fault in group(present, now):
            if fault.id in begun and fault.id not in self._over and fault.id not in self._open:
                self._begin(fault, {part.cluster for part in present if part.fault_id == fault.id})
        for fault_id in self._open.keys() - there:
            cluster, subject = self._open.pop(fault_id)
            self._over.add(fault_id)
            self._note(cluster, subject, _ENDED)

    def aside(self, part: FaultPart, remark: str) -> None:
        """Something else about one of a fault's helpers."""
        self._note(part.cluster, f"{part.kind} {part.fault_id}", f"its helper beside {part.instance} {remark}")

    def _begin(self, fault: FaultSeen, clusters: set[str]) -> None:
        cluster = next(iter(clusters)) if len(clusters) == 1 else ""
        subject = f"{fault.kind} {fault.id}"
        self._open[fault.id] = (cluster, subject)
        count = len(fault.instances)
        whom = fault.instances[0] if count == 1 else f"{count} instances"
        self._note(cluster, subject, f"{_BEGINS}{fault.says}; {whom}, until {self._local(fault.until):%H:%M:%S}")
