"""What a drill needs of the world, as Protocols: the command line lends the real one, tests a fake in virtual time.

Before: runner and check, which call it. After: cli.drill_stage (the loop's API, chaos' director, containers, files).
Everything may raise ReconcilerError. Time is the Clock's alone.
"""

from collections.abc import Mapping
from random import Random
from typing import Any, Protocol

from reconciler.chaos.faults import Fault
from reconciler.drill.recording import Recording, Victim
from reconciler.drill.values import Apply, Clients, Drill, Load, Probe, Scale, Set
from reconciler.plan.status import WorldStatus

Change = Scale | Set | Apply


class Clock(Protocol):
    """Time as the drill sees it. Ctrl-C is an exception out of `pause` or of whatever else is being done."""

    def now(self) -> float:
        """Unix seconds, never going back."""

    def pause(self, seconds: float) -> None:
        """Let time pass."""


class Strike(Protocol):
    """A fault in force, or done."""

    @property
    def says(self) -> str:
        """What was done, in one line."""

    @property
    def victims(self) -> tuple[Victim, ...]:
        """Whom it hit when it began."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it measured when it began: `in_force_seconds`, `pairs_meant`, `pairs_found` and so on."""

    def end(self) -> Mapping[str, Any]:
        """Undo it; what it measured then (`healed_seconds`, …). Over already is fine."""


class Stage(Protocol):
    """One environment with its loop."""

    def world(self) -> WorldStatus:
        """The environment as its loop sees it now."""

    def taken_up(self) -> bool:
        """Whether the loop has nothing left to do for the specs that the drill changed."""

    def rehearse(self, fault: Fault) -> tuple[str, ...]:
        """What the fault would do now, in sentences. Raises ChaosRefused or UsageError where it may not or can't."""

    def strike(self, fault: Fault, rng: Random) -> Strike:
        """Do it, and see that it bites. Raises ReconcilerError where it doesn't; then nothing of it is left."""

    def check_change(self, change: Change) -> str:
        """What the change would be, in one sentence. Raises ReconcilerError where it can't be made."""

    def change(self, change: Change) -> str:
        """Make it; returns the cluster it concerns. What was there before is kept for put_back."""

    def put_back(self) -> tuple[str, ...]:
        """Every spec as it was before the drill's changes; the clusters concerned. Twice does nothing more."""

    def ask(self, probe: Probe) -> str:
        """Ask once; empty where the answer is right, else what is wrong with it."""

    def check_load(self, load: Load) -> None:
        """Raises ReconcilerError where the load can't be started."""

    def check_clients(self, clients: Clients) -> None:
        """Raises ReconcilerError where the program isn't there."""

    def begin(self, drill: Drill, recording: Recording) -> None:
        """Start the load, the clients, the probes and the looking: all of it adds to the recording."""

    def finish(self, recording: Recording) -> None:
        """End the load and the clients, and record what they tell."""

    def clear(self) -> None:
        """Nothing of `begin` is left, and no strike is in force; never raises, twice does nothing more."""
