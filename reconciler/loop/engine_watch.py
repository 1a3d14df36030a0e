"""Following the engine's event stream: every event only says *look again*; a broken stream is taken up anew.

Before: engine.events. After: the queue. Whatever was missed in between is made good by a full look after reconnecting.
"""

import logging
import threading
from collections.abc import Callable

from reconciler.engine.ports import Engine, EngineEvent
from reconciler.errors import EngineError

log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0


class EngineWatch:
    """One thread. `on_event` takes an event, or None when the stream was (re)connected; `on_lost` why it broke."""

    def __init__(
        self,
        engine: Engine,
        env: str,
        on_event: Callable[[EngineEvent | None], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._env = env
        self._on_event = on_event
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="engine-events", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread is there."""
        return self._thread.is_alive()

    def stop(self, timeout_seconds: float) -> None:
        """End within about `timeout_seconds`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def _follow(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while not self._stop.is_set():
            try:
                for event in self._engine.events(self._env, self._stop):
                    wait = _FIRST_WAIT_SECONDS
                    self._on_event(event)
            except EngineError as problem:
                if not self._stop.is_set():
                    self._on_lost(str(problem))
            except Exception as bug:  # a mistake of ours must not end the watch
                log.exception("following the engine's events failed")
                self._on_lost(repr(bug))
            self._stop.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
