"""Helpers of faults in the fake engine: what they share with others, and what they say.

What a helper answers is a script, for tests to give; the usual one repeats each line, and ends at `bye`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Condition

from reconciler.errors import TransientError
from reconciler.state import faults
from reconciler.state.faults import FaultPart
from reconciler.state.instance import ALIVE, EngineState
from tests.support.fake_box import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a helper says to a line; with `ends` it exits with that code afterwards."""

    lines: tuple[str, ...] = ()
    ends: int | None = None


Script = Callable[[Box, str | None], Answer]
"""Called with the helper and a line, SIGTERM, or None at its start. It may keep what it likes by the box' id."""

SIGTERM = "SIGTERM"
"""No line; a helper whose answer doesn't end it is ended by it like any program."""


def repeating(_: Box, line: str | None) -> Answer:
    """The usual script."""
    if line is None:
        return Answer(lines=("ready",))
    if line == SIGTERM:
        return Answer()
    return Answer(lines=("bye",), ends=0) if line == "bye" else Answer(lines=(f"heard {line}",))


class FakeConversation:
    """Keeps `fault_ports.Conversation`; `tell` is how a line reaches the helper."""

    def __init__(self, box: Box, tell: Callable[[Box, str], None]) -> None:
        self._box = box
        self._tell = tell
        self._lines: deque[str] = deque()
        self._changed = Condition()

    def send(self, line: str) -> None:
        if self._box.state not in ALIVE | {EngineState.CREATED}:
            raise TransientError(f"talking to container {self._box.id[:12]}: it has ended", 0.2)
        self._tell(self._box, line)

    def receive(self, timeout_seconds: float) -> str | None:
        give_up_at = time.monotonic() + timeout_seconds
        with self._changed:
            while not self._lines:
                if self._box.state in (EngineState.EXITED, EngineState.DEAD):
                    return None
                left = give_up_at - time.monotonic()
                if left <= 0:
                    raise TransientError(f"talking to container {self._box.id[:12]}: it says nothing", 0.0)
                self._changed.wait(min(left, 0.02))
            return self._lines.popleft()

    def hear(self, lines: Iterable[str]) -> None:
        """The helper says this."""
        with self._changed:
            self._lines.extend(lines)
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing to give back."""


def part_of(box: Box) -> FaultPart | None:
    """As a listing of faults shows it."""
    return faults.part_of(box.id, box.blueprint.name, box.labels, box.state, box.exit_code)


def joined(box: Box) -> tuple[str, ...]:
    """The ids of the containers that it joins."""
    joins = box.blueprint.joins
    if joins is None:
        return ()
    return tuple(id_ for id_ in (joins.network_of, joins.pids_of, joins.cgroup_of) if id_ is not None)
