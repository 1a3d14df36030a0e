"""Helpers that are not listed any more, while nobody has said yet how they ended: soon the engine's events will.

Before: keeper (listings and events, each late in its own way). After: diary, which so tells of an end after what was
done about it, and not before.
"""

from collections.abc import Iterable

from reconciler.state.faults import FaultPart
from reconciler.state.instance import EngineState

PATIENCE_SECONDS = 1.0
"""Where the event stream is broken, nobody will say it."""


class Vanishing:
    """One thread's."""

    def __init__(self) -> None:
        self._listed: dict[str, FaultPart] = {}
        self._until: dict[str, float] = {}

    def look(self, listed: Iterable[FaultPart], heard: Iterable[FaultPart], now: float) -> tuple[FaultPart, ...]:
        """Those that count as there for a moment more; `now` in seconds of any clock that only rises."""
        before, present = self._listed, {part.id: part for part in listed}
        explained = {part.id for part in heard if part.state is EngineState.EXITED}
        missing = {id: part for id, part in before.items() if id not in present and id not in explained and part.alive}
        self._until = {id: self._until.get(id, now + PATIENCE_SECONDS) for id in missing}
        missing = {id: part for id, part in missing.items() if now < self._until[id]}
        self._listed = present | missing
        return tuple(missing.values())
