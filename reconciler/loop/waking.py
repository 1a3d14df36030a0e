"""When to look again after a pass: what time alone will change, and whom this pass' conclusions concern.

Before: the pass' decision. After: the queue. Nothing is decided here; a wake-up too many costs a look.
"""

from collections.abc import Iterator

from reconciler.loop.workqueue import ALL, FILES, WorkQueue
from reconciler.plan.world import Decision
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Observed

COALESCE_SECONDS = 0.1  # clusters whose time comes close together share a pass
SCALING_SECONDS = 1.0  # between looks at what a size follows: beats bring another figure about as often
ENDING_SECONDS = 0.05  # between looks at a container that the engine is putting away


def wake(queue: WorkQueue, world: WantedWorld, observed: Observed, decision: Decision, before: Decision) -> None:
    """Set the timers that `decision` asks for, and enqueue whom its difference from `before` concerns."""
    for name, seconds in _timers(observed, decision):
        queue.add_after(name, seconds)
    turned = decision.ready_clusters ^ before.ready_clusters
    for name, wanted in world.clusters.items() if turned else ():
        if wanted.spec and turned & {*wanted.spec.depends_on}:
            queue.add(name)
    channel, former = decision.channel, before.channel
    if (channel.blind_since, channel.turn, channel.canary) != (former.blind_since, former.turn, former.canary):
        queue.add(ALL)
    elif channel.blind_since is not None:
        queue.add_after(ALL, 1.0)
    if decision.held or world.untrusted:
        queue.add_after(FILES, 1.0)


def _timers(observed: Observed, decision: Decision) -> Iterator[tuple[str, float]]:
    """What time alone will change, with the seconds until then."""
    for name, instances in observed.instances.items() if observed.ended else ():
        if any(instance.id in observed.ended for instance in instances):
            yield name, ENDING_SECONDS
    for plan in decision.plans:
        if plan.requeue_after_seconds is not None:
            yield plan.cluster, plan.requeue_after_seconds + COALESCE_SECONDS
    for name in decision.scales:
        yield name, SCALING_SECONDS
