"""Keeping a fault as it was meant while it holds: newcomers are hit as well, those who are gone are forgotten.

Before: running starts it. After: crew. Two threads: one waits for the engine's events, one looks, at each event and
once a second. An engine that is away is asked again; the helpers end by themselves whatever happens here.
"""

import logging
import threading
from collections.abc import Callable

from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import ReconcilerError

log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 0.5
_END_SECONDS = 5.0


class Watcher:
    """Calls `look` at each event of the environment's containers, and once a second, until it is closed.

    It is told the ids of the containers that died since the last look, since one may run again by now.
    """

    def __init__(self, engine: FaultEngine, env: str, look: Callable[[frozenset[str]], None]) -> None:
        self._engine = engine
        self._env = env
        self._look = look
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._died: set[str] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._listen, name="chaos-events", daemon=True),
            threading.Thread(target=self._turn, name="chaos-look", daemon=True),
        ]

    def start(self) -> None:
        """From now on."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    @property
    def awake(self) -> bool:
        """Something has happened since the last look began."""
        return self._wake.is_set()

    def close(self) -> None:
        """No look is under way any more when this returns."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_END_SECONDS)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                for event in self._engine.events(self._env, self._stop):
                    if event is not None and event.action == "die":
                        with self._lock:
                            self._died.add(event.id)
                    self._wake.set()
            except ReconcilerError as error:
                log.debug("following the engine's events: %s", error)
            self._stop.wait(_AGAIN_SECONDS)

    def _turn(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()
            if self._stop.is_set():
                return
            with self._lock:
                died, self._died = frozenset(self._died), set()
            try:
                self._look(died)
            except ReconcilerError as error:
                log.warning("looking after a fault: %s", error)
            except Exception:
                log.exception("looking after a fault failed in a way that nobody foresaw; it goes on")
