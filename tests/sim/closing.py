"""Closed zones in the small world: what must never happen in one, and when all rests that can while it is closed.

Before: model. After: checks (every pass), script (the end). Each check raises AssertionError with a sentence.
"""

from collections.abc import Sequence

from reconciler.plan.actions import Action, CreateInstance, TerminateInstance
from reconciler.plan.placement import ZONE_CLOSED, ground_of
from reconciler.plan.status import Verdict
from reconciler.state.instance import Instance
from tests.sim.model import Model, actions_of
from tests.sim.sizes import size_of

_STANDING = {"CanaryStarting", "CanaryBaking", "Switched"}
"""A rollout whose clocks stand still while no zone is open."""
_FOR_A_ZONE = {ZONE_CLOSED, "RollingOut", "DependencyNotReady"} | _STANDING


def still(model: Model) -> bool:
    """A pass now would plan nothing, and waits for nothing but a closed zone; whoever needn't stay in one is ready."""
    if model.flights:
        return False
    decision = model.decide()
    verdicts = {key: judgement.verdict for key, judgement in decision.judgements.items()}
    fit = all(v is Verdict.READY or _is_stuck(model, model.boxes[key].instance, v) for key, v in verdicts.items())
    reasons = {wait.reason for plan in decision.plans for wait in plan.waits}
    shut = not reasons or bool(reasons & (_STANDING | {ZONE_CLOSED}))
    return fit and shut and not actions_of(decision) and reasons <= _FOR_A_ZONE


def _is_stuck(model: Model, instance: Instance, verdict: Verdict) -> bool:
    """It has to stay where it is, or has failed and nowhere is a place for its successor."""
    wanted = model.wanted.get(instance.cluster)
    spec = wanted.spec if wanted is not None else None
    closed = ground_of(spec, model.closed).closed if spec is not None else frozenset()
    return instance.zone in closed or (bool(closed) and verdict in (Verdict.DEAD, Verdict.SUSPECT))


def check_open_zones(model: Model) -> None:
    """Who can move stands in the open zones, in balance."""
    for name, wanted in model.wanted.items():
        assert wanted.spec is not None
        ground = ground_of(wanted.spec, model.closed)
        stuck = any(len(model.alive(other)) < size_of(model, other) for other in wanted.spec.depends_on)
        if ground.closed or (stuck and not model.alive(name)):  # a cold one waits for those that it depends on
            continue
        state = model.rollouts.get(name)
        if state is not None and not state.done and state.switched_at is not None:  # the old group is kept, too
            continue
        counts = [model.zones(name)[zone] for zone in ground.zones]
        assert sum(counts) == size_of(model, name) == len(model.alive(name)), f"not all of {name} are in open zones"
        assert max(counts) - min(counts) <= 1, f"the open zones are out of balance: {counts}"


def check_closed_zones(model: Model, actions: Sequence[Action]) -> None:
    """Nothing is made in a closed zone; data stays in its zone; who can't be made elsewhere isn't ended for it."""
    for action in actions:
        if not isinstance(action, CreateInstance):
            continue
        assert action.zone not in model.closed, f"{action.subject} is made in a closed zone"
        box = model.boxes.get(action.replaces or "")
        if box is not None and action.spec.volumes and box.instance.zone in action.spec.zones:
            assert action.zone == box.instance.zone, f"{action.subject} leaves the zone of its data"
    for name, wanted in model.wanted.items():
        ground = ground_of(wanted.spec, model.closed) if wanted.spec is not None else None
        if ground is None or not ground.closed:
            continue
        for ending in (a for a in actions if isinstance(a, TerminateInstance) and a.cluster == name):
            box = model.boxes.get(ending.id)
            stays = box is not None and box.instance.zone in ground.closed and not ending.cause.startswith("surplus")
            stays = stays and ending.id not in model.terminations  # asked for before the zone was closed
            assert not stays, f"{ending.subject} ends in a closed zone: {ending.cause}"
