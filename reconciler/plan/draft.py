"""A plan being written: actions, waits and instants to look again, gathered by one pass over one cluster.

Before: reconcile and its parts add to it. After: the finished Plan. Two rules hold for every action, whoever
adds it: nothing is done to a container on which an action is under way, nor twice in one plan; and what failed
is tried again only when its back-off is over.
"""

from collections.abc import Iterable

from reconciler.plan.actions import Action, OnInstance
from reconciler.plan.backoff import retry_at
from reconciler.plan.ending import next_step
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan, Wait
from reconciler.spec.cluster import Stop
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed


class Draft:
    """What one cluster's plan holds so far."""

    def __init__(self, cluster: str, observed: Observed, now: float, limits: Limits) -> None:
        self.cluster = cluster
        self.actions: list[Action] = []
        self.waits: list[Wait] = []
        self.wake_at: list[float] = []
        self._observed = observed
        self._now = now
        self._limits = limits
        self._taken = {flight.id for flight in observed.in_flight.get(cluster, ()) if flight.id}

    def add(self, actions: Iterable[Action]) -> None:
        """Add the actions whose target is free and whose time has come."""
        for action in actions:
            if isinstance(action, OnInstance):
                if action.id in self._taken or self._failed_lately(action):
                    continue
                self._taken.add(action.id)
            self.actions.append(action)

    def end(self, instance: Instance, cause: str, stop: Stop) -> None:
        """Take the next step of an instance's end."""
        step = next_step(instance, cause, stop, self._observed, self._now, self._limits)
        if step.action is not None:
            self.add((step.action,))
        elif instance.alive:
            message = f"{instance.cluster}-{instance.number} is ending: {cause}"
            self.waits.append(Wait(reason="Stopping", message=message))
        if step.next_at is not None:
            self.wake_at.append(step.next_at)

    def done(self, held: Wait | None = None) -> Plan:
        """The finished plan."""
        later = [at - self._now for at in self.wake_at if at > self._now]
        return Plan(
            cluster=self.cluster,
            actions=tuple(self.actions),
            waits=tuple(self.waits),
            held=held,
            requeue_after_seconds=min(later) if later else None,
        )

    def _failed_lately(self, action: OnInstance) -> bool:
        setbacks = self._observed.setbacks.get(self.cluster)
        setback = setbacks.get(f"{action.kind}-{action.number}") if setbacks else None
        if setback is None:
            return False
        until = retry_at(setback, self._limits)
        if self._now >= until:
            return False
        self.wake_at.append(until)
        message = f"{action.kind} {action.subject}: {setback.message}; next try in {until - self._now:.0f} s"
        self.waits.append(Wait(reason="ActionFailed", message=message))
        return True
