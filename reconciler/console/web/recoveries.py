"""Recoveries: times in which fewer instances were ready than wanted, from their fall until all were back.

Before: samples, events. After: plots, which mark them, and the cluster's page, which lists them. Pure. A cluster that
grows isn't one that recovers: its ready ones didn't fall. Samples tell of them, events their causes and their moments.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.console.web.samples import EVERY_SECONDS, Sample
from reconciler.state.event import Event

_CAUSING = frozenset({"create", "remove", "terminate", "kill", "withdraw", "chaos"})
_SAYING_MORE = "create"
_BACK = ("publish", "ready")
"""The kind and the cause of the event that gives a ready instance its names."""
_EARLIER_SECONDS = 3 * EVERY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`began_at` and `ended_at` are Unix seconds, `ended_at` None while it lasts. `lowest` of `desired` were ready.
    `cause` says of whom and why, empty where no event is known.
    """

    began_at: float
    ended_at: float | None
    lowest: int
    desired: int
    cause: str = ""

    def seconds(self, now: float) -> float:
        """How long it took, or has lasted until `now`."""
        return max(0.0, (now if self.ended_at is None else self.ended_at) - self.began_at)


def recoveries(samples: Sequence[Sample], events: Sequence[Event] = ()) -> tuple[Recovery, ...]:
    """All that the samples show, oldest first; `events` are the cluster's, and give their causes."""
    return tuple(_with_cause(found, events) for found in _dips(samples))


def _dips(samples: Sequence[Sample]) -> list[Recovery]:
    found: list[Recovery] = []
    present: Recovery | None = None
    for before, sample in itertools.pairwise(samples):
        whole = sample.ready >= sample.desired
        if present is None and not whole and sample.ready < before.ready:
            present = Recovery(began_at=sample.at, ended_at=None, lowest=sample.ready, desired=sample.desired)
        elif present is not None and whole:
            found.append(replace(present, ended_at=sample.at))
            present = None
        elif present is not None:
            present = replace(present, lowest=min(present.lowest, sample.ready))
    return found if present is None else [*found, present]


def _with_cause(found: Recovery, events: Sequence[Event]) -> Recovery:
    """Its first event tells when it began, the name that was given last when it was over."""
    last = found.ended_at if found.ended_at is not None else float("inf")
    its = sorted((e for e in events if found.began_at - _EARLIER_SECONDS <= e.at <= last), key=lambda event: event.at)
    causing = [event for event in its if event.kind in _CAUSING and event.cause]
    if not causing:
        return found
    saying = next((event for event in causing if event.kind == _SAYING_MORE), causing[0])
    back = [event.at for event in its if (event.kind, event.cause) == _BACK and event.at > causing[0].at]
    return replace(
        found,
        cause=f"{saying.subject}: {saying.cause}",
        began_at=min(found.began_at, causing[0].at),
        ended_at=back[-1] if back and found.ended_at is not None else found.ended_at,
    )
