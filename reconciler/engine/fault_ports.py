"""The port of faults: an engine that also tells which helpers there are, and lets one be talked to.

Before: chaos, and the keeper beside the loop. After: engine.docker (real), tests.support.fake_engine (fake).
Never here: what is said; lines are text, and images/chaos says what they mean.
"""

from collections.abc import Iterator
from threading import Event
from typing import Protocol

from reconciler.engine.ports import Engine
from reconciler.state.faults import FaultPart


class Conversation(Protocol):
    """A line each way with a container that joins others. One thread may send while another one receives.

    It ends when the container does; closing it leaves the container as it is.
    """

    def send(self, line: str) -> None:
        """One line (without its end) to its standard input.

        Raises TransientError where it has ended, EngineUnavailable where the connection broke.
        """

    def receive(self, timeout_seconds: float) -> str | None:
        """The next line of its standard output, without its end; None once it has ended and nothing is left.

        Raises TransientError where no whole line came in time (nothing is lost: ask again), EngineUnavailable where
        the connection broke. An engine that ends looks like a helper that ends.
        """

    def close(self) -> None:
        """Stop talking; done where it is closed."""


class FaultEngine(Engine, Protocol):
    """An engine for faults. For a Blueprint with `joins`, `start` raises TransientError where what it joins is gone or
    runs no more (`create` may, too); all the rest is as in Engine.
    """

    def faults(self, env: str) -> tuple[FaultPart, ...]:
        """Every helper of `env` that is there, in any state, by instance; what only pretends to be one is left out."""

    def fault_events(self, env: str, stop: Event) -> Iterator[FaultPart | None]:
        """Helpers of `env` as they are after what befell them (created, started, ended, going), until `stop` is set;
        first yields None once it is subscribed. One that ended says how, even where it is gone before a listing.

        Ends by raising EngineUnavailable when the stream breaks.
        """

    def converse(self, id: str) -> Conversation:
        """Talk to a created container that joins others; before its start nothing it says is missed.

        Raises TransientError where it is gone.
        """
