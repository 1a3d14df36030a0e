"""What is in force: the files, with what autoscaling and rollouts have made of them since.

Before: world, which has the verdicts. After: reconcile and report, which know of no other world. A cluster's size may
be another than its file's (scaling), and its version an earlier one (a rollout that failed and has gone back).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.plan.limits import Limits
from reconciler.plan.sizes import find_sizes, resized
from reconciler.plan.verdicts import Judgement
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Observed
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The world to be made, and what the next pass takes up."""

    world: WantedWorld
    rollouts: Mapping[str, RolloutState] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)


def put_in_force(
    world: WantedWorld,
    observed: Observed,
    judgements: Mapping[str, Judgement],
    *,
    now: float,
    limits: Limits,  # noqa: ARG001
) -> InForce:
    """Sizes first, then versions: a rollout is of the size that is in force."""
    scales = find_sizes(world, observed, judgements, now)
    return InForce(world=resized(world, scales), rollouts=observed.rollouts, scales=scales)
