"""What policies did, as events keep it: text for each, and the way back, so that a restarted loop forgets no kill.

Before: policies (a kill). After: the store's events, and policies of the next loop. Pure.
"""

from collections.abc import Iterable

from reconciler.chaos.policy import Kill, PastKill
from reconciler.state.event import Event

KIND = "chaos"
_KILLED = "terminated by its monkey policy"
_TOLD = "leashed: its monkey policy would terminate it now"


def cause_of(kill: Kill) -> str:
    """The event's cause."""
    return f"{_TOLD if kill.leashed else _KILLED} ({kill.why})"


def past_kills(events: Iterable[Event]) -> tuple[PastKill, ...]:
    """The kills among these events, in their order."""
    return tuple(
        PastKill(at=event.at, cluster=event.cluster, instance=event.subject, leashed=event.cause.startswith(_TOLD))
        for event in events
        if event.kind == KIND and event.cause.startswith((_KILLED, _TOLD))
    )
