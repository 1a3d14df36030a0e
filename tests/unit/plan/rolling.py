"""A cluster of the small world with a rollout of its own, and what is asked of it in the tests of rollouts."""

from collections import Counter
from dataclasses import replace

from reconciler.plan.report import cluster_status
from reconciler.plan.status import ClusterStatus, Phase
from reconciler.spec.cluster import Rollout
from tests.sim.model import Model
from tests.sim.script import Play

ROLLING, RED_BLACK, CANARY = Rollout(), Rollout(strategy="red-black"), Rollout(strategy="canary")
IN_PLACE = Rollout(strategy="in-place", surge=0, unavailable=1)


def started(rollout: Rollout = ROLLING, size: int = 3) -> Play:
    """All of v000, and good."""
    play = Play()
    play.spec = replace(play.spec, rollout=rollout, size=size)
    play.start()
    passes(play, 4)
    assert play.model.rollouts["web"].done
    return play


def passes(play: Play, count: int, seconds: float = 0.5) -> None:
    """So many passes, everything landing at once, all that must never happen looked for."""
    for _ in range(count):
        play._calm_pass(seconds)


def push(play: Play, value: str = "2") -> None:
    """Another version that works."""
    play._save(environment={"A": value})


def say(play: Play, **changes: object) -> None:
    """Edit the rollout's keys."""
    play._save(rollout=replace(play.spec.rollout, **changes))  # type: ignore[arg-type]


def revisions(play: Play) -> dict[str, int]:
    """How many run of each."""
    return dict(Counter(box.instance.revision for box in play.model.alive("web")))


def serving(play: Play) -> dict[str, int]:
    """How many of each the cluster's name leads to."""
    names = play.model.names
    found = [b for b in play.model.alive("web") if (r := names.get(b.instance.id)) and r.ready]
    return dict(Counter(box.instance.revision for box in found))


def status_of(model: Model, name: str = "web") -> ClusterStatus:
    """What people read."""
    decision = model.decide()
    plan = next(plan for plan in decision.plans if plan.cluster == name)
    seen = replace(model.observed, rollouts=decision.rollouts)
    return cluster_status(decision.world.clusters[name], plan, seen, decision.judgements, now=model.now)


def phase(play: Play) -> Phase:
    """How far it is."""
    rollout = status_of(play.model).rollout
    assert rollout is not None
    return rollout.phase


def text(play: Play) -> str:
    """The plan as people read it."""
    return str(play.model.decide().plans[0])
