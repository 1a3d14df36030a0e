"""The cluster's own events as the log of an operation that follows it: each once, those since it began.

Before: containers, changes. After: the loop's events.
"""

from collections.abc import Sequence

from reconciler.api.backend import Backend
from reconciler.api.operations import Reporter
from reconciler.state.event import Event

_AT_ONCE = 200


class News:
    """What happens to these clusters from now on."""

    def __init__(self, loop: Backend, clusters: Sequence[str]) -> None:
        self._loop = loop
        self._clusters = frozenset(clusters)
        self._last = max((event.id for event in loop.events(0, None, 1)), default=0)

    def tell(self, reporter: Reporter) -> None:
        """Say what is new."""
        for event in self._loop.events(self._last, None, _AT_ONCE):
            self._last = max(self._last, event.id)
            if event.cluster in self._clusters:
                reporter.say(line(event))


def line(event: Event) -> str:
    """An event in one line: `create webapp-1: size 2 -> 3 (0.3 s)`."""
    took = f" ({event.duration_seconds:.1f} s)" if event.duration_seconds >= 0.05 else ""
    wrong = f"; failed: {event.message}" if event.result == "failed" else ""
    return f"{event.kind} {event.subject}: {event.cause}{wrong}{took}"
