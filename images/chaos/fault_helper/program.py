"""The helper's one thread: hear, do, and undo at the end, whatever the end is.

Before: __main__. After: talk, and the kind's own module. Exit codes: 0 all is undone; 1 it could not be done (and is
undone as far as it could be); 2 the settings make no sense.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from fault_helper.fault import Fault
from fault_helper.settings import Settings, Unusable, read
from fault_helper.talk import Talk


def make(settings: Settings) -> Fault:
    """The fault of the settings' kind. Raises Unusable."""
    if settings.kind in {"net", "flush"}:
        from fault_helper import net

        return net.make(settings)
    if settings.kind in {"freeze", "thaw"}:
        from fault_helper import freeze

        return freeze.make(settings)
    if settings.kind == "burn":
        from fault_helper import burn

        return burn.make(settings)
    if settings.kind == "fill":
        from fault_helper import fill

        return fill.make(settings)
    raise Unusable(f"there is no fault {settings.kind!r}")


def main(clock: Callable[[], float] = time.monotonic) -> int:
    """Do what the environment says; the exit code."""
    stop = _on_signals()
    talk = Talk()
    try:
        settings = read(os.environ)
        helper = Helper(make(settings), talk, stop, clock)
    except Unusable as error:
        talk.tell({"type": "fails", "problem": str(error)})
        return 2
    return helper.run(clock() + settings.seconds)


def _on_signals() -> int:
    """A descriptor that becomes readable at SIGTERM, SIGINT or SIGHUP."""
    stop, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, lambda *_: None)
    return stop


class Helper:
    """One fault and whom it listens to: `stop` becomes readable when a signal asks it to end."""

    def __init__(self, fault: Fault, talk: Talk, stop: int, clock: Callable[[], float]) -> None:
        self._fault = fault
        self._talk = talk
        self._stop = stop
        self._clock = clock
        self._bites = False

    def run(self, ends_at: float) -> int:
        """Until a word, a signal, the end, or a failure; then undo. The exit code."""
        problems = []
        try:
            self._fault.stage()
            self._talk.tell({"type": "ready"})
            if self._fault.at_once:
                self._bite()
            else:
                while (left := ends_at - self._clock()) > 0 and self._goes_on(left):
                    pass
        except (Unusable, OSError) as error:
            problems.append(str(error))
        try:
            self._fault.heal()
        except (Unusable, OSError) as error:
            problems.append(f"undoing it: {error}")
        self._talk.tell({"type": "fails", "problem": "; ".join(problems)} if problems else {"type": "healed"})
        return 1 if problems else 0

    def _goes_on(self, left_seconds: float) -> bool:
        """Wait for something and do it; whether it isn't the word to end."""
        fault, talk = self._fault, self._talk
        if self._bites and fault.tick_seconds is not None:
            left_seconds = min(left_seconds, fault.tick_seconds)
        sources = [self._stop, *fault.descriptors(), *([] if talk.ended else [talk.source])]
        ready = select.select(sources, (), (), left_seconds)[0]
        if self._stop in ready:
            return False
        for descriptor in fault.descriptors():
            if descriptor in ready:
                fault.readable(descriptor)
        requests = talk.hear() if talk.source in ready else []
        if not all(self._does(request) for request in requests):
            return False
        if self._bites:
            fault.tick()
        return True

    def _does(self, request: Mapping[str, Any]) -> bool:
        """Whether it isn't the word to end."""
        do = request.get("do")
        if do == "heal":
            return False
        if do == "bite":
            self._bite()
        elif (answer := self._fault.asked(request)) is not None:
            self._talk.tell(answer)
        return True

    def _bite(self) -> None:
        self._talk.tell({"type": "bites", "detail": self._fault.bite()})
        self._bites = True
