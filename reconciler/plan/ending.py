"""How an instance ends: withdrawn from names and registry, drain, SIGTERM, grace, SIGKILL, removal, one step a pass.

Before: thinning chooses who ends. After: the plan. The steps taken are in the instance's sighting; none waits.
"""

from dataclasses import dataclass

from reconciler.plan.actions import Action, KillInstance, RemoveInstance, TerminateInstance, WithdrawName
from reconciler.plan.backoff import retry_at
from reconciler.plan.limits import Limits
from reconciler.plan.traffic import deactivate
from reconciler.spec.cluster import Stop
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed, Setback, Sighting

AGAIN_SECONDS = 10.0
PATIENCE_SECONDS = 3.0
"""How long beyond the drain a registry is told again that somebody leaves, where it forgets or doesn't listen."""


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of an ending (None: wait), and the instant of the one after it."""

    action: Action | None
    next_at: float | None = None


def next_step(instance: Instance, cause: str, stop: Stop, observed: Observed, now: float, limits: Limits) -> Step:
    """What to do now with an instance that has to end."""
    sighting = observed.sightings.get(instance.id) or Sighting(up_since=now)
    if instance.id in observed.names:
        return Step(WithdrawName(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause))
    if not instance.alive:
        return Step(_remove(instance, cause))
    if sighting.terminated_at is None:
        return _before_the_signal(instance, cause, stop, observed, now, limits)
    kill_at = sighting.terminated_at + stop.grace_seconds
    if sighting.killed_at is not None:
        kill_at = sighting.killed_at + AGAIN_SECONDS
    if now < kill_at:
        return Step(None, kill_at)
    overdue = f"{cause}; still running {stop.grace_seconds:g} s after SIGTERM"
    return Step(KillInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=overdue))


def _before_the_signal(
    instance: Instance, cause: str, stop: Stop, observed: Observed, now: float, limits: Limits
) -> Step:
    """Traffic is withdrawn, then its requests are waited for. A registry that doesn't do it is not waited for."""
    sighting = observed.sightings.get(instance.id) or Sighting(up_since=now)
    seen = observed.registered.get(instance.id)
    refused = _refused(instance, observed, now, limits)
    if seen is not None and seen.draws and refused is None and _is_to_be_told(sighting, stop, now):
        return Step(deactivate(instance, seen, cause))
    drained_at = max(_withdrawn(sighting), default=now - stop.drain_seconds) + stop.drain_seconds
    if now < drained_at:
        return Step(None, drained_at)
    if seen is not None and seen.draws:
        why = refused.message if refused is not None else "it was told, and says so still"
        cause = f"{cause}; {seen.place} leads traffic to it still: {why}"
    elif instance.cluster in observed.deaf:
        cause = f"{cause}; whether anybody leads traffic to it can't be asked ({observed.deaf[instance.cluster]})"
    terminate = TerminateInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause)
    return Step(terminate, now + stop.grace_seconds)


def _refused(instance: Instance, observed: Observed, now: float, limits: Limits) -> Setback | None:
    """Why it can't be withdrawn from the registry, until that is tried again."""
    setback = observed.setbacks.get(instance.cluster, {}).get(f"deactivate-{instance.number}")
    return setback if setback is not None and now < retry_at(setback, limits) else None


def _withdrawn(sighting: Sighting) -> list[float]:
    """When it was withdrawn from names and registry. Nobody can still be sent to one that was never in either."""
    return [at for at in (sighting.withdrawn_at, sighting.held_out_at) if at is not None]


def _is_to_be_told(sighting: Sighting, stop: Stop, now: float) -> bool:
    """Once in this ending, however late; then again only for a while, where a registry has forgotten it."""
    told_at, begun_at = sighting.held_out_at, sighting.withdrawn_at
    if told_at is None or (begun_at is not None and told_at < begun_at):
        return True
    return now < (told_at if begun_at is None else begun_at) + stop.drain_seconds + PATIENCE_SECONDS


def _remove(instance: Instance, cause: str) -> RemoveInstance:
    return RemoveInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause)
