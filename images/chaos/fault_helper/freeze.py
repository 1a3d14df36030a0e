"""Processes stopped in the middle: the fault `freeze`, and `thaw`, which wakes what a killed helper left frozen.

Before: program. After: processes, signals. New processes are stopped as soon as they are seen.
"""

import contextlib
import os
import signal
import time

from fault_helper.fault import Fault, Message
from fault_helper.processes import STOPPED, others, read
from fault_helper.settings import Settings, Unusable

_STILL_SECONDS = 1.0
_LOOK_SECONDS = 0.005
_SHOWN = 8


def make(settings: Settings) -> Fault:
    """One of the two."""
    return Freeze() if settings.kind == "freeze" else Thaw()


class Freeze(Fault):
    """Stops everything but the init; thaws what it has stopped itself."""

    tick_seconds = 0.05

    def __init__(self) -> None:
        self._frozen: dict[int, str] = {}

    def bite(self) -> Message:
        """Until all of them stand still: a process may start another one while it is looked at."""
        give_up_at = time.monotonic() + _STILL_SECONDS
        while not self._stop() or not self._still():
            if time.monotonic() >= give_up_at:
                raise Unusable("some of its processes don't stand still")
            time.sleep(_LOOK_SECONDS)
        if not self._frozen:
            raise Unusable("there is nothing to freeze: no process but the init")
        return {"frozen": len(self._frozen), "names": sorted(set(self._frozen.values()))[:_SHOWN]}

    def tick(self) -> None:
        """Whatever has been started meanwhile, or woken by somebody else."""
        self._stop()

    def heal(self) -> None:
        """Let them go on."""
        for pid in self._frozen:
            _signal(pid, signal.SIGCONT)

    def _stop(self) -> bool:
        """Whether there was nothing left to stop."""
        running = [one for one in others(os.getpid()) if one.state != STOPPED]
        for one in running:
            if _signal(one.pid, signal.SIGSTOP):
                self._frozen[one.pid] = one.name
        return not running

    def _still(self) -> bool:
        seen = [one for pid in self._frozen if (one := read(pid)) is not None]
        return all(one.state in {STOPPED, "Z", "X"} for one in seen)


class Thaw(Fault):
    """Wakes everything that is stopped."""

    at_once = True

    def bite(self) -> Message:
        """What another fault holds frozen on purpose, its helper stops again."""
        stopped = [one for one in others(os.getpid()) if one.state == STOPPED]
        return {"thawed": sum(_signal(one.pid, signal.SIGCONT) for one in stopped)}


def _signal(pid: int, number: int) -> bool:
    """Whether it is there to take it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
