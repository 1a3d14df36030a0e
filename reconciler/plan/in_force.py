"""What is in force: the files, with what autoscaling and rollouts have made of them since.

Before: world, which has the verdicts. After: reconcile and report, which know of no other world. A cluster's size may
be another than its file's (scaling), and its version an earlier one (a rollout that failed and has gone back).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.plan.groups import Stage
from reconciler.plan.rollouts import advance
from reconciler.plan.sizes import find_sizes, resized
from reconciler.plan.stages import stage
from reconciler.plan.verdicts import Judgement
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Observed
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The world to be made, and what the next pass takes up. `stages` are of clusters whose rollout is under way,
    `bugs` of those in which a mistake of ours was met.
    """

    world: WantedWorld
    rollouts: Mapping[str, RolloutState] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)
    bugs: Mapping[str, Exception] = field(default_factory=dict)


def put_in_force(world: WantedWorld, observed: Observed, judgements: Mapping[str, Judgement], *, now: float) -> InForce:
    """Sizes first, then versions: a rollout is of the size that is in force."""
    scales = find_sizes(world, observed, judgements, now)
    world = resized(world, scales)
    # What is known of a cluster whose file is away for a while isn't lost with it.
    rollouts = {name: state for name, state in observed.rollouts.items() if observed.instances.get(name)}
    stages: dict[str, Stage] = {}
    others: dict[str, Wanted] = {}
    bugs: dict[str, Exception] = {}
    for name, wanted in world.clusters.items():
        try:
            state, seen = advance(wanted, observed, judgements, now=now)
            in_force, made = stage(wanted, state, seen, now) if state is not None else (wanted, None)
        except Exception as bug:  # noqa: BLE001  whatever it is, the other clusters are decided
            bugs[name] = bug
            continue
        if state is None:
            continue
        rollouts[name] = state
        if in_force is not wanted:
            others[name] = in_force
        if made is not None:
            stages[name] = made
    if others:
        world = replace(world, clusters={**world.clusters, **others})
    return InForce(world=world, rollouts=rollouts, scales=scales, stages=stages, bugs=bugs)
