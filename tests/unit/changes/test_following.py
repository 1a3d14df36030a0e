"""How a change stands, by the plan of its files and the status: not before the loop has nothing left to do."""

from dataclasses import replace

import pytest

from reconciler.changes.following import Aim, Stand, aim, judge
from reconciler.plan.plan import CANARY_WAITING, ROLLED_BACK, SWITCHED, Plan, Wait
from reconciler.plan.status import ClusterStatus, Condition, Phase, RolloutStatus, Verdict, WorldStatus
from tests.unit.console import worlds

QUIET = Plan(cluster="web")
SUSPENDED = worlds.condition("Suspended", "True", "Suspended", "")
HELD = worlds.condition("Held", "True", "MassDeletion", "2 of 2 would go")
LATE = worlds.condition("Ready", "False", "NotAllReady", "1 of 4")
WEB = Aim(applied=("web",))


def plan(*reasons: str) -> Plan:
    return Plan(cluster="web", waits=tuple(Wait(reason=reason, message="for a reason") for reason in reasons))


def world(*clusters: ClusterStatus, problem: str = "") -> WorldStatus:
    return WorldStatus(environment="dev", domain="docker", clusters=clusters, engine_problem=problem)


def web(*conditions: Condition, phase: Phase | None = None) -> ClusterStatus:
    made = worlds.cluster("web", 4, conditions=conditions or (worlds.READY,))
    if phase is None:
        return made
    rollout = RolloutStatus(
        phase=phase, strategy="canary", revision="v002", former="v001", message="it dies", awaits_promotion=True
    )
    return replace(made, rollout=rollout)


LEAVING = replace(web(), instances=(*web().instances, worlds.instance("web", 5, Verdict.STOPPING)))
KEPT = replace(web(LATE, phase=Phase.SWITCHED), ready=8)
SWITCH = replace(KEPT, rollout=replace(KEPT.rollout, available=4, awaits_promotion=False)) if KEPT.rollout else KEPT
WAYS = "repair the file, or let it say so, too: `reconciler rollout undo web`"
BACK = f"web: v002 failed: it dies; v001 runs again; {WAYS}"
CANARY = (
    "waits for a person: web: the canary of v002 awaits its promotion: "
    "`reconciler rollout promote web` goes on, `reconciler rollout undo web` goes back"
)


@pytest.mark.parametrize(
    ("about", "planned", "seen", "stand", "says"),
    [
        (WEB, (QUIET,), world(web()), Stand.DONE, "web: 4 of 4 ready"),
        (WEB, (plan("Scaling"),), world(web()), Stand.WAITING, "web: wait Scaling: for a reason"),
        (WEB, (QUIET,), world(LEAVING), Stand.WAITING, "web: web5 not gone yet"),
        (WEB, None, world(web(LATE)), Stand.WAITING, "web: 4 of 4 ready; NotAllReady: 1 of 4"),
        (WEB, (QUIET,), world(), Stand.WAITING, "web: no such cluster in environment dev"),
        (WEB, (QUIET,), world(web(), problem="the engine is away"), Stand.WAITING, "the engine is away"),
        (WEB, (plan(ROLLED_BACK),), world(web(LATE, phase=Phase.ROLLED_BACK)), Stand.FAILED, f"rolled back: {BACK}"),
        (
            WEB,
            (plan("Scaling"),),
            world(web(LATE, phase=Phase.ROLLING_BACK)),
            Stand.WAITING,
            "web: wait Scaling: for a reason",
        ),
        (
            replace(WEB, earlier=(BACK,)),
            (plan(ROLLED_BACK),),
            world(web(LATE, phase=Phase.ROLLED_BACK)),
            Stand.DONE,
            f"web: 4 of 4 ready; rolled back before: {BACK}",
        ),
        (
            WEB,
            (plan(CANARY_WAITING),),
            world(web(LATE, phase=Phase.CANARY)),
            Stand.PERSON,
            CANARY,
        ),
        (WEB, (plan(SWITCHED),), world(SWITCH), Stand.DONE, "web: 4 of 4 ready; v001 is kept for a return"),
        (WEB, (plan("Suspended"),), world(web(LATE, SUSPENDED)), Stand.DONE, "web: suspended, left alone"),
        (Aim(removed=("web",)), (), world(web()), Stand.WAITING, "web: still there, 4 instances; nothing says why"),
        (Aim(removed=("web",)), (), world(), Stand.DONE, "web: gone"),
        (
            Aim(removed=("web",)),
            (),
            world(web(HELD)),
            Stand.PERSON,
            "web: held; `reconciler confirm web` lets the removal go on",
        ),
    ],
)
def test_a_change_stands_as_plan_and_status_say_together(
    about: Aim, planned: tuple[Plan, ...] | None, seen: WorldStatus, stand: Stand, says: str
) -> None:
    judged = judge(about, planned, seen)
    assert (judged.stand, judged.says) == (stand, says)


def test_what_had_been_rolled_back_before_is_known_from_the_status_before() -> None:
    before = world(web(LATE, phase=Phase.ROLLED_BACK), worlds.cluster("db", 1))
    assert aim(("web", "db"), ("db",), before) == Aim(applied=("web",), removed=("db",), earlier=(BACK,))


def test_of_many_clusters_only_their_number_is_told() -> None:
    clusters = tuple(worlds.cluster(f"c{number}", 1, conditions=(worlds.READY,)) for number in range(9))
    about = Aim(applied=tuple(cluster.name for cluster in clusters))
    plans = tuple(Plan(cluster=name) for name in about.applied)
    assert judge(about, plans, world(*clusters)).says == "9 clusters ready"
