"""Who is heard and who is asked: the heartbeat register, the prober and the gauges follow what a pass saw.

Before: each pass, before anything is handed out, so that no successor is unlearnt again. After: the register, the
prober. Only the deciding thread calls it.
"""

from reconciler.engine.heartbeats import HeartbeatListener
from reconciler.engine.probes import Prober
from reconciler.loop.gauges import Gauges
from reconciler.loop.listening import expected_beats, gauge_targets, probe_targets
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Observed


class Audience:
    """Remembers who was there, so that who is gone is forgotten."""

    def __init__(self, listener: HeartbeatListener, prober: Prober, gauges: Gauges) -> None:
        self._listener = listener
        self._prober = prober
        self._gauges = gauges
        self._seen: set[str] = set()

    def follow(self, world: WantedWorld, observed: Observed) -> None:
        """Listen to these, ask these, and nobody else."""
        present = {i.id for instances in observed.instances.values() for i in instances}
        for expected in expected_beats(world, observed):
            self._listener.expect(expected)
        for gone in self._seen - present:
            self._listener.forget(gone)
        self._seen = present
        self._prober.watch(probe_targets(world, observed))
        self._gauges.watch(gauge_targets(world, observed))
