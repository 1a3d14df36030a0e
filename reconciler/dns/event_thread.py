"""A thread with an event loop of its own, for one run of a server: from `begin` to `end`.

Before: running (DNS), skydns.serving (its API). Never here: restarting itself; whoever looks at `alive` decides.
"""

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)
_JOIN_SECONDS = 2.0


class EventThread(ABC):
    """What it serves is a subclass's to say; `name` is the thread's, and in its log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def begin(self) -> None:
        """Returns when it answers, or has ended by a fault of its own."""
        self._thread.start()
        self._ready.wait()

    def end(self) -> None:
        """Returns when what it listened on is free."""
        if self._loop is not None and self._stopped is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # its thread has just ended by itself
                self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(_JOIN_SECONDS)
        self._close()

    def alive(self) -> bool:
        """Its thread is there to answer."""
        return self._thread.is_alive()

    @abstractmethod
    async def _serve(self, stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve in the thread until `stopped` is set; call `ready` once when it answers."""

    @abstractmethod
    def _close(self) -> None:
        """Free what it listens on; called at the end, however that comes, from either thread and maybe twice."""

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:  # the boundary of the thread: what is said here is all that anyone learns
            log.exception("%s: ended by a fault of its own", self._name)
        finally:
            self._ready.set()
            self._close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await self._serve(self._stopped, self._ready.set)
