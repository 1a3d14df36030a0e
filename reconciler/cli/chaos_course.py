"""The course of one fault: unleashed, held for its time, undone, and waited for until the world has come back.

Before: chaos_run (the command line), services.faults (the API and the console). After: chaos.director, chaos_cost.
Whatever ends it, it is undone.
"""

import threading
import time
from contextlib import suppress
from typing import NamedTuple, Protocol

from reconciler.chaos.attack import Attack
from reconciler.chaos.director import Director
from reconciler.chaos.report import Report
from reconciler.chaos.running import Running
from reconciler.cli.chaos_cost import Cost, Meter
from reconciler.errors import ReconcilerError

_TICK_SECONDS = 0.2


class Teller(Protocol):
    """Who is told how it goes."""

    def in_force(self, report: Report) -> None:
        """It was seen to bite."""

    def holds(self, says: str, left_seconds: float) -> None:
        """Now and then while it holds."""

    def over(self, why: str) -> None:
        """It holds no longer, before its time."""

    def ending(self) -> None:
        """It is about to be undone."""

    def settling(self, fault_id: str) -> None:
        """It is undone, and the world is coming back."""


class Came(NamedTuple):
    """What became of it, and what it cost."""

    report: Report
    cost: Cost


def course(
    director: Director, attack: Attack, meter: Meter, settle_seconds: float, stop: threading.Event, teller: Teller
) -> Came:
    """From the blow to the end. `stop` ends it early. Raises ReconcilerError, KeyboardInterrupt while it is staged."""
    running = director.unleash(attack)
    blow_at = time.monotonic()
    try:
        teller.in_force(running.report())
        _hold(running, stop, teller)
    finally:
        teller.ending()
        report = running.end()
    seconds = 0.0 if stop.is_set() else settle_seconds
    if seconds and not meter.alone:
        teller.settling(report.fault_id)
    with suppress(ReconcilerError):  # an impatient end is no error here, nor that nobody can tell the cost
        return Came(report, meter.settled(attack, blow_at, seconds, stop))
    return Came(report, Cost())


def _hold(running: Running, stop: threading.Event, teller: Teller) -> None:
    """Until its time is over, somebody asks for the end, or somebody else has ended it."""
    if not running.attack.seconds:
        return
    ends_at = time.monotonic() + running.attack.seconds
    while (left := ends_at - time.monotonic()) > 0 and not running.over.is_set():
        teller.holds(running.attack.says, left)
        if stop.wait(min(_TICK_SECONDS, left)):
            return
    if running.over.is_set():
        teller.over(running.why_over)
