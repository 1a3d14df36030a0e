"""How a change reaches the instances: revisions, zones, images, and what it waits for."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.plan.actions import CreateInstance
from reconciler.plan.revisions import revision_for
from reconciler.spec.cluster import Rollout
from reconciler.state.image import Image
from reconciler.state.observed import InFlight, Setback
from reconciler.state.revisions import Version
from tests.sim.model import Model
from tests.sim.script import Play
from tests.unit.plan.builders import (
    IMAGE,
    NOW,
    look,
    make_instance,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    merge,
    text,
)

CHANGED: dict[str, Any] = {"environment": {"A": "1"}}
OUTDATED = "outdated: v000 is not what the spec says"


def test_a_rollout_starts_one_beside_and_ends_nobody_yet() -> None:
    plan = look(make_spec(**CHANGED), at=make_settled(make_spec())).plans[0]
    assert str(plan).splitlines()[0] == f"create web-4: {OUTDATED}"
    assert len(plan.actions) == 1
    assert getattr(plan.actions[0], "revision", None) == "v001"


def test_in_place_ends_one_and_starts_none_beside() -> None:
    rollout = Rollout(strategy="in-place", surge=0, unavailable=1)
    plan = look(make_spec(rollout=rollout, **CHANGED), at=make_settled(make_spec())).plans[0]
    assert [str(a.kind) for a in plan.actions] == ["withdraw"]


def test_in_place_ends_nobody_while_the_new_image_cannot_be_had() -> None:
    rollout = Rollout(strategy="in-place", surge=0, unavailable=1)
    spec = make_spec(rollout=rollout, image="web:2", pull="never")
    plan = look(spec, at=make_settled(make_spec())).plans[0]
    assert plan.actions == ()
    assert [w.reason for w in plan.waits] == ["ImageMissing", "RollingOut"]


def test_a_rebuilt_image_is_rolled_out_though_its_name_is_the_same() -> None:
    observed = make_settled(make_spec(), images={"web:1": Image(id="sha256:2", has_agent=True)})
    assert "create web-4: image rebuilt: web:1 is another image now" in text(make_spec(), at=observed)


def test_a_rollout_needs_the_new_one_ready_for_as_long_as_it_bakes() -> None:
    spec = make_spec(rollout=Rollout(bake_seconds=5.0), **CHANGED)
    old = [make_instance(make_spec(), n) for n in (1, 2, 3)]
    observed = make_observed(spec, *old, make_instance(spec, 4, "a", revision="v001"))
    fresh = {**observed.sightings, "web-4": replace(observed.sightings["web-4"], ready_since=NOW - 4)}
    assert "withdraw" not in text(spec, at=replace(observed, sightings=fresh))
    assert "withdraw web-1" in text(spec, at=replace(observed, sightings=fresh), now=NOW + 1)


@pytest.mark.parametrize("strategy", ["rolling", "in-place"])
def test_a_rollout_changes_all_and_keeps_enough_serving(strategy: str) -> None:
    play = Play()
    play.start()
    rollout = Rollout() if strategy == "rolling" else Rollout(strategy="in-place", surge=0, unavailable=1)
    play._save(rollout=rollout, environment={"A": "2"})
    least = 3 if strategy == "rolling" else 2
    for _ in range(60):
        play._calm_pass(0.5)
        assert play.model.serving("web") >= least
    play.settle()
    if strategy == "in-place":
        assert sorted(b.instance.number for b in play.model.alive("web")) == [1, 2, 3]


def test_a_second_change_in_the_middle_of_a_rollout_is_carried_through() -> None:
    play = Play()
    play.start()
    play._revise(0, 0)
    for _ in range(6):
        play._calm_pass(0.5)
    play._revise(0, 0)
    play.settle()


def test_a_broken_revision_stops_at_one_and_a_fix_replaces_it() -> None:
    play = Play()
    play.start()
    play._break(0, 0)
    for _ in range(90):
        play._calm_pass(1.0)
        assert play.model.serving("web") == 3
        assert len(play.model.alive("web")) <= 4
    play.settle()


def test_instances_move_when_a_zone_is_no_longer_wanted() -> None:
    plan = look(make_spec(zones=("a", "b")), at=make_settled(make_spec())).plans[0]
    assert str(plan).splitlines()[0] == "create web-4: zone c is not wanted any more"
    assert getattr(plan.actions[0], "zone", None) in ("a", "b")


def test_instances_move_into_a_new_zone_one_at_a_time() -> None:
    spec = make_spec(size=6, zones=("a", "b"))
    wider = make_spec(size=6, zones=("a", "b", "c"))
    plan = look(wider, at=make_settled(spec)).plans[0]
    assert str(plan).splitlines()[0] == "create web-7: rebalance: b holds 3 of 6 over 3 zones"
    assert [getattr(a, "zone", None) for a in plan.actions] == ["c"]


def test_zones_within_one_of_each_other_are_left_alone() -> None:
    spec = make_spec(size=4)
    assert text(spec, at=make_settled(spec)) == "nothing to do"


def test_a_move_does_not_flap_the_newcomer_stays_and_the_old_one_goes() -> None:
    model = Model()
    spec = make_spec(size=2, zones=("a",))
    model.want(spec)
    model.run(20)
    model.want(make_spec(size=2, zones=("a", "b")))
    made: list[CreateInstance] = []
    for _ in range(30):
        made += [a for a in model.step() if isinstance(a, CreateInstance)]
        for action in list(model.flights):
            model.land(action)
        model.tick(0.5)
    assert len(made) == 1
    assert model.zones("web") == {"a": 1, "b": 1}


def test_a_cold_cluster_waits_for_its_dependency_and_a_warm_one_does_not() -> None:
    auth, web = make_spec("auth", size=1), make_spec(depends_on=("auth",))
    cold = make_observed(web)
    assert "wait DependencyNotReady: waits until auth is ready" in text(auth, web, at=cold)
    assert "create web-3: size 3: 2 there" in text(auth, web, at=make_settled(web, 2))
    ready = merge(make_settled(auth), cold)
    assert "create web-1" in text(auth, web, at=ready)


def test_a_missing_image_is_pulled_once_and_with_back_off() -> None:
    spec = make_spec()
    observed = make_observed(spec, images={})
    assert text(spec, at=observed) == "pull web:1: not on this engine"
    pulling = replace(observed, in_flight={"web": (InFlight(kind="pull", cluster="web"),)})
    assert text(spec, at=pulling) == "wait Pulling: fetching web:1"
    setback = Setback(count=3, at=NOW - 1, message="no such image")
    failed = replace(observed, setbacks={"web": {"pull": setback}})
    assert text(spec, at=failed) == "wait ImagePullBackOff: no such image; next try in 3 s"
    assert text(spec, at=failed, now=NOW + 3) == "pull web:1: not on this engine"


def test_pull_always_fetches_before_creating_under_a_new_spec() -> None:
    wanted = make_wanted(make_spec(pull="always"), generation=2)
    assert "pull web:1: `pull: always` and a new spec" in text(wanted, at=make_settled(make_spec(), 2))
    fetched = make_settled(make_spec(), 2, pulled={"web": 2})
    assert text(wanted, at=fetched) == "create web-3: size 3: 2 there"


def test_a_suspended_cluster_is_left_alone_whatever_it_lacks() -> None:
    lacking = text(make_spec(size=9, suspend=True), at=make_settled(make_spec()))
    assert lacking == "wait Suspended: would be done: 6 actions; `reconciler resume web`"


def test_an_unreadable_spec_without_a_former_one_is_held() -> None:
    wanted = replace(make_wanted(make_spec()), spec=None)
    held = "held SpecUnreadable: its file can't be read and no earlier version is known"
    assert text(wanted, at=make_settled(make_spec())) == held


@pytest.mark.parametrize(
    ("labels", "past", "expected"),
    [
        ([], None, "v000"),
        (["v000"], None, "v001"),
        (["v999"], None, "v000"),
        (["v999", "v000"], None, "v001"),
        (["v005"], "v003", "v006"),
        ([], "v007", "v008"),
    ],
)
def test_a_new_revision_is_one_more_than_the_newest(labels: list[str], past: str | None, expected: str) -> None:
    spec = make_spec()
    instances = [make_instance(spec, n + 1, revision=label) for n, label in enumerate(labels)]
    former = [Version(revision=past, spec_hash="old", image_id="old")] if past else []
    assert revision_for("new", "new", instances, [], former) == expected


def test_going_back_to_an_earlier_spec_goes_back_to_its_revision() -> None:
    spec = make_spec()
    instances = [make_instance(spec, 1, revision="v004")]
    assert revision_for(spec.spec_hash(), IMAGE.id, instances, []) == "v004"


def test_after_a_restart_of_the_loop_nothing_is_planned_but_names() -> None:
    model = Model()
    model.want(make_spec())
    model.run(20)
    model.restart_loop()
    assert {a.kind for a in model.step()} == {"publish"}


def test_a_restart_in_the_middle_of_a_rollout_ends_nobody_before_having_listened() -> None:
    play = Play()
    play.start()
    play._revise(0, 0)
    for _ in range(3):
        play._calm_pass(0.5)
    play._restart(0, 0)
    assert {a.kind for a in play.model.step()} <= {"publish", "create"}
