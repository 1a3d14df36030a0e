"""The thread that looks at the environment for the plots, every two seconds while the console runs.

Before: whoever starts the console. After: samples. An environment that can't be seen leaves a gap, nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread

from reconciler.console.web.samples import EVERY_SECONDS, Sample, Samples
from reconciler.errors import ReconcilerError
from reconciler.plan.status import ClusterStatus, WorldStatus

log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 1.0


class Sampler:
    """Start it once; `close` ends it within a moment."""

    def __init__(self, samples: Samples, *, look: Callable[[], WorldStatus], wall: Callable[[], float]) -> None:
        """`wall` is in Unix seconds."""
        self._samples = samples
        self._look = look
        self._wall = wall
        self._stop = Event()
        self._thread = Thread(target=self._run, name="console-samples", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(_PATIENCE_SECONDS)

    def take(self) -> None:
        """Look once."""
        try:
            world = self._look()
        except ReconcilerError as error:
            log.debug("no sample was taken: %s", error)
            return
        self._samples.add(samples_of(world, self._wall()))

    def _run(self) -> None:
        while not self._stop.is_set():
            self.take()
            self._stop.wait(EVERY_SECONDS)


def samples_of(world: WorldStatus, at: float) -> Mapping[str, Sample]:
    """What is kept of an environment at the instant `at` (Unix seconds)."""
    return {cluster.name: _sample(cluster, at) for cluster in world.clusters}


def _sample(cluster: ClusterStatus, at: float) -> Sample:
    told = [instance.cpu for instance in cluster.instances if instance.cpu is not None]
    return Sample(
        at=at,
        desired=cluster.desired,
        ready=cluster.ready,
        cpu=sum(told) if told else None,
        metric=cluster.scale.value if cluster.scale is not None else None,
    )
