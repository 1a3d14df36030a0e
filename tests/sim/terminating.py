"""Instances that a person wants ended, in the small world: the one that was named ends, nobody else does for it.

Before: script, whose happening this is. After: checks. Each check raises AssertionError with a sentence.
"""

from collections.abc import Sequence

from reconciler.errors import ReconcilerError
from reconciler.plan.actions import Action, OnInstance, WithdrawName
from reconciler.plan.terminations import insist_on_terminable
from reconciler.state.terminations import Termination, termination_cause
from tests.sim.model import Model

CAUSE = termination_cause("", "")


class Terminating:
    """Happenings of a play that concern one instance, and a person."""

    __slots__ = ()
    model: Model

    def _terminate(self, a: int, b: int) -> None:
        """A person names one; whoever may not be ended isn't."""
        model = self.model
        keys = sorted(model.boxes)
        if not keys:
            return
        instance = model.boxes[keys[a % len(keys)]].instance
        judgements = model.consider().judgements
        try:
            found = insist_on_terminable(
                model.instances[instance.cluster], instance.number, instance.id, model.wanted.get(instance.cluster),
                judgements, model.observed.closed_zones, cluster=instance.cluster,
            )  # fmt: skip
        except ReconcilerError:
            return
        assert found.id == instance.id, "another one than was named is found"
        model.terminations[found.id] = Termination(cluster=found.cluster, cause=CAUSE, at=model.now)


def check_terminations(model: Model, actions: Sequence[Action]) -> None:
    """Only who was named ends for it, and loses its name for it."""
    for action in actions:
        if isinstance(action, OnInstance) and action.cause.startswith(CAUSE):
            named = action.id in model.terminations or (
                isinstance(action, WithdrawName) and action.id not in model.boxes
            )
            assert named, f"{action.kind} {action.subject}, whom nobody wants terminated"
