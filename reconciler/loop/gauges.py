"""The engine's figures of containers that don't tell their own: asked for where a size or a canary depends on them.

Before: the audience, which says of whom. After: observed. A few threads, since one answer takes up to a second; none
where nobody is asked for. What can't be had is left out: a figure too old is none, and whoever needs it says so.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.engine.ports import Usage
from reconciler.errors import EngineError
from reconciler.state.beats import Gauge

log = logging.getLogger(__name__)
EVERY_SECONDS = 2.0  # between questions for one container
RATE_SECONDS = 5.0  # what processors in use are averaged over
SHORTEST_SECONDS = 0.5  # less time than that says nothing of a rate
MOST_THREADS = 16


@dataclass(slots=True)
class _Known:
    """What is known of one container; `samples` are processor seconds used, with when."""

    asked_at: float = float("-inf")
    asking: bool = False
    samples: list[tuple[float, float]] = field(default_factory=list)
    gauge: Gauge | None = None


class Gauges:
    """Asks for the containers that `watch` named last. `ask` may block; `clock` gives seconds of attended time."""

    def __init__(self, ask: Callable[[str], Usage | None], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._condition = threading.Condition()
        self._known: dict[str, _Known] = {}
        self._threads = 0
        self._stopped = False

    def watch(self, ids: frozenset[str]) -> None:
        """Ask for these from now on, and for nobody else."""
        with self._condition:
            if self._known.keys() == ids:
                return
            self._known = {id: self._known.get(id) or _Known() for id in ids}
            while self._threads < min(MOST_THREADS, len(ids)) and not self._stopped:
                self._threads += 1
                threading.Thread(target=self._work, name=f"gauges-{self._threads}", daemon=True).start()
            self._condition.notify_all()

    def gauges(self) -> Mapping[str, Gauge]:
        """The figures that are known, by container id."""
        with self._condition:
            return {id: known.gauge for id, known in self._known.items() if known.gauge is not None}

    def stop(self) -> None:
        """End soon; an answer that is under way isn't waited for."""
        with self._condition:
            self._stopped = True
            self._known = {}
            self._condition.notify_all()

    def _work(self) -> None:
        while (id := self._next()) is not None:
            try:
                usage = self._ask(id)
            except EngineError as problem:
                log.debug("no figures of container %s: %s", id[:12], problem)
                usage = None
            except Exception:
                log.exception("asking for the figures of container %s failed", id[:12])
                usage = None
            self._note(id, usage)

    def _next(self) -> str | None:
        """Whose turn it is; waits for it. None when all is over."""
        with self._condition:
            while not self._stopped:
                free = [(known.asked_at, id) for id, known in self._known.items() if not known.asking]
                asked_at, id = min(free, default=(0.0, ""))
                wait = asked_at + EVERY_SECONDS - self._clock() if id else None
                if wait is not None and wait <= 0:
                    known = self._known[id]
                    known.asking, known.asked_at = True, self._clock()
                    return id
                self._condition.wait(wait)
            self._threads -= 1
            return None

    def _note(self, id: str, usage: Usage | None) -> None:
        with self._condition:
            known = self._known.get(id)
            if known is None:
                return
            known.asking = False
            self._condition.notify()
            if usage is None:
                known.samples.clear()
                return
            now, samples = self._clock(), known.samples
            if samples and usage.cpu_seconds < samples[-1][1]:
                samples.clear()  # started again
            samples.append((now, usage.cpu_seconds))
            while len(samples) > 2 and samples[1][0] <= now - RATE_SECONDS:
                del samples[0]
            since, used = samples[0]
            if now - since >= SHORTEST_SECONDS:
                rate = (usage.cpu_seconds - used) / (now - since)
                known.gauge = Gauge(at=now, cpu=rate, memory_bytes=usage.memory_bytes)
