"""What was begun through the API and takes its time: carried out in threads of its own, watched by whoever asks.

Before: services, which begin them. After: the routes and pages that show them. Kept in memory, the newest of them: what
happened to clusters is in the events, which last.
"""

from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Protocol


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
