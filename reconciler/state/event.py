"""One thing that happened, as the store keeps it and `reconciler events` shows it."""

from dataclasses import dataclass
from typing import Literal

EventResult = Literal["done", "failed", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` is Unix seconds; `kind` an action's (`create`, `remove`, …) or a note's (`spec`, `held`, `channel`, …).

    `subject` is what it was about (`webapp-1`), `cause` why, `message` what went wrong, `duration_seconds` how long
    it took.
    `id` rises; 0 before the store gave it one. An empty `cluster` concerns the whole environment.
    """

    at: float
    cluster: str
    kind: str
    subject: str
    cause: str
    result: EventResult = "done"
    message: str = ""
    duration_seconds: float = 0.0
    id: int = 0
