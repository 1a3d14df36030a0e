"""The thread that looks at the environment for the plots while the console runs: every two seconds, and whenever
something has happened, so that a recovery which takes less is seen, too.

Before: whoever starts the console. After: samples. An environment that can't be seen leaves a gap, nothing else.
"""

import logging
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread

from reconciler.api.backend import Backend
from reconciler.console.web.samples import EVERY_SECONDS, Sample, Samples
from reconciler.errors import ReconcilerError
from reconciler.plan.status import ClusterStatus

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.25
_MOST_EVENTS = 500
_PATIENCE_SECONDS = 1.0
# So seldom that a mistake that stays doesn't fill the log.
_FAULT_SECONDS = 30.0


class Sampler:
    """Start it once; `close` ends it within a moment."""

    def __init__(self, samples: Samples, *, loop: Backend, wall: Callable[[], float]) -> None:
        """`wall` is in Unix seconds."""
        self._samples = samples
        self._loop = loop
        self._wall = wall
        self._due_at = 0.0
        self._last_event = 0
        self._stop = Event()
        self._thread = Thread(target=self._run, name="console-samples", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(_PATIENCE_SECONDS)

    def turn(self, now: float) -> None:
        """Take a sample if it is time for one, or if anything has happened; `now` is monotonic seconds."""
        try:
            happened = self._news()
            if happened or now >= self._due_at:
                self._due_at = now + EVERY_SECONDS
                self._samples.add(samples_of(self._loop.status().clusters, self._wall()))
        except ReconcilerError as error:
            log.debug("no sample was taken: %s", error)

    def _news(self) -> bool:
        last = self._last_event
        newer = self._loop.events(last, None, _MOST_EVENTS if last else 1)
        if newer:
            self._last_event = newer[-1].id
        return bool(newer)

    def _run(self) -> None:
        pause = _LOOK_SECONDS
        while not self._stop.wait(pause):
            pause = _LOOK_SECONDS
            try:
                self.turn(time.monotonic())
            except Exception:  # a gap in the plots, and not their end
                log.exception("the plots have a gap of %g s, by a mistake of ours", _FAULT_SECONDS)
                pause = _FAULT_SECONDS


def samples_of(clusters: tuple[ClusterStatus, ...], at: float) -> Mapping[str, Sample]:
    """What is kept of an environment's clusters at the instant `at` (Unix seconds)."""
    return {cluster.name: _sample(cluster, at) for cluster in clusters}


def _sample(cluster: ClusterStatus, at: float) -> Sample:
    told = [instance.cpu for instance in cluster.instances if instance.cpu is not None]
    return Sample(
        at=at,
        desired=cluster.desired,
        ready=cluster.ready,
        cpu=sum(told) if told else None,
        metric=cluster.scale.value if cluster.scale is not None else None,
    )
