"""How an instance ends: name withdrawn, drain, SIGTERM, grace, SIGKILL, removal, one step a pass.

Before: thinning chooses who ends. After: the plan. The steps taken are in the instance's sighting; none waits.
"""

from dataclasses import dataclass

from reconciler.plan.actions import Action, KillInstance, RemoveInstance, TerminateInstance, WithdrawName
from reconciler.spec.cluster import Stop
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed, Sighting

AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of an ending (None: wait), and the instant of the one after it."""

    action: Action | None
    next_at: float | None = None


def next_step(instance: Instance, cause: str, stop: Stop, observed: Observed, now: float) -> Step:
    """What to do now with an instance that has to end."""
    sighting = observed.sightings.get(instance.id) or Sighting(up_since=now)
    if instance.id in observed.names:
        return Step(WithdrawName(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause))
    if not instance.alive:
        return Step(_remove(instance, cause))
    if sighting.terminated_at is None:
        drained_at = _drained_at(sighting, stop, now)
        if now < drained_at:
            return Step(None, drained_at)
        terminate = TerminateInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause)
        return Step(terminate, now + stop.grace_seconds)
    kill_at = sighting.terminated_at + stop.grace_seconds
    if sighting.killed_at is not None:
        kill_at = sighting.killed_at + AGAIN_SECONDS
    if now < kill_at:
        return Step(None, kill_at)
    overdue = f"{cause}; still running {stop.grace_seconds:g} s after SIGTERM"
    return Step(KillInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=overdue))


def _drained_at(sighting: Sighting, stop: Stop, now: float) -> float:
    """Nobody can still be sent to an instance that never had its name published."""
    if sighting.withdrawn_at is None:
        return now
    return sighting.withdrawn_at + stop.drain_seconds


def _remove(instance: Instance, cause: str) -> RemoveInstance:
    return RemoveInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause)
