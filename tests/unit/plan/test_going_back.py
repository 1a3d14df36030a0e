"""A rollout that fails goes back by itself, remembers what failed, and does not fight the file."""

from dataclasses import replace

import pytest

from reconciler.plan.status import Phase
from reconciler.spec.cluster import Health, Rollout, Stop
from reconciler.state.image import Image
from tests.sim.model import Model
from tests.unit.plan.builders import make_spec
from tests.unit.plan.rolling import (
    CANARY,
    IN_PLACE,
    RED_BLACK,
    ROLLING,
    passes,
    phase,
    push,
    revisions,
    started,
    status_of,
)

DEADLINE = 31.0  # health.start, and bake


@pytest.mark.parametrize("rollout", [ROLLING, IN_PLACE, RED_BLACK, CANARY], ids=lambda r: r.strategy)
def test_what_never_gets_ready_is_taken_back_in_time_and_stays_so(rollout: Rollout) -> None:
    play = started(rollout)
    least = 2 if rollout.in_place else 3
    play._break(0, 0)
    began, failed_at = play.model.now, 0.0
    for _ in range(120):
        play._calm_pass(0.5)
        assert play.model.serving("web") >= least
        failed_at = failed_at or (play.model.now if play.model.rollouts["web"].failed else 0.0)
    assert DEADLINE <= failed_at - began <= DEADLINE + 5
    assert revisions(play) == {"v000": 3}
    status = status_of(play.model)
    assert status.rollout is not None
    assert (status.rollout.phase, status.rollout.revision, status.rollout.former) == (Phase.ROLLED_BACK, "v001", "v000")
    assert status.rolled_back.startswith("v001 failed: 0 of 3 available and not one more within 31 s: web-")
    assert [(c.type, c.status, c.reason) for c in status.conditions] == [
        ("Ready", "False", "RolledBack"), ("Progressing", "False", "RolledBack"), ("Degraded", "True", "RolledBack"),
    ]  # fmt: skip
    plan = play.model.decide().plans[0]
    assert plan.at_rest
    assert not plan.quiet
    assert not plan.actions


def test_other_edits_do_not_try_again_what_failed_and_a_new_version_does() -> None:
    play = started()
    play._break(0, 0)
    passes(play, 80)
    play._save(size=4, zones=("a",))
    passes(play, 20)
    assert revisions(play) == {"v000": 4}
    play.model.restart_loop()
    passes(play, 20)
    assert revisions(play) == {"v000": 4}
    push(play, "good")
    play.settle()
    assert revisions(play) == {"v002": 4}


def test_without_rollback_it_is_degraded_and_goes_on_trying() -> None:
    play = started(Rollout(rollback=False))
    play._break(0, 0)
    passes(play, 80)
    assert revisions(play)["v000"] == 3
    status = status_of(play.model)
    assert status.awaits_person.startswith("v001 failed: 0 of 3 available")
    assert status.conditions[2].reason == "RolloutFailed"
    play.model.broken = frozenset()
    passes(play, 200, 1.0)
    assert revisions(play) == {"v001": 3}
    assert play.model.rollouts["web"].done
    assert not play.model.rollouts["web"].failed


def test_an_image_that_cannot_be_had_is_a_failure_too() -> None:
    play = started()
    play.model.images["web:2"] = Image(id="sha256:away")
    play._save(image="web:2", pull="never")
    del play.model.images["web:2"]
    passes(play, 70)
    status = status_of(play.model)
    assert status.rolled_back == (
        "v001 failed: 0 of 3 available and not one more within 31 s: web:2 is not on this engine; v000 runs again"
    )


def test_a_rebuilt_image_that_is_broken_goes_back_to_the_one_before() -> None:
    play = started()
    play.model.images["web:1"] = Image(id="sha256:bad", has_agent=True)
    play.model.broken_images |= {"sha256:bad"}
    passes(play, 80)
    assert {b.instance.image_id for b in play.model.alive("web")} == {"sha256:web:1"}
    assert status_of(play.model).rolled_back
    play.model.die(play.model.alive("web")[0].instance.id)
    passes(play, 10)
    assert [b.instance.image_id for b in play.model.alive("web")] == ["sha256:web:1"] * 3


def test_a_newer_file_in_the_middle_wins_and_the_way_back_is_the_last_good_one() -> None:
    play = started(size=4)
    push(play, "half")
    passes(play, 8)
    assert "v001" in revisions(play)
    play._break(0, 0)
    for _ in range(160):
        play._calm_pass(0.5)
        assert play.model.serving("web") >= 4
    assert revisions(play) == {"v000": 4}


def test_a_slow_stop_or_a_stopped_cluster_does_not_run_the_clock() -> None:
    play = started(Rollout(deadline_seconds=3.0))
    play.model.flights.clear()
    play._save(environment={"A": "slow"}, suspend=True)
    passes(play, 20, 1.0)
    assert not play.model.rollouts["web"].failed
    play._save(suspend=False)
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_without_the_earlier_spec_there_is_no_way_back_and_it_says_so() -> None:
    play = started()
    play._break(0, 0)
    play.model.forget_specs()
    passes(play, 80)
    assert revisions(play)["v000"] == 3
    assert status_of(play.model).awaits_person.startswith("v001 failed")


def test_a_first_deployment_has_no_deadline() -> None:
    model = Model()
    model.want(make_spec(size=2))
    model.broken |= {make_spec(size=2).spec_hash()}
    model.run(100, seconds=1.0)
    assert not model.rollouts["web"].failed
    assert status_of(model).awaits_person == ""


def test_the_reason_is_the_last_thing_that_was_wrong_not_that_the_next_try_has_just_begun() -> None:
    play = started(Rollout(deadline_seconds=6.0))
    play._break(0, 0)
    for _ in range(40):
        play._calm_pass(0.25)
        for box in play.model.alive("web"):
            if box.instance.revision == "v001" and play.model.now - box.made_at >= 0.5:
                play.model.die(box.instance.id, exit_code=3)
    assert status_of(play.model).rolled_back == (
        "v001 failed: 0 of 3 available and not one more within 6 s: web-4 died: exit 3; v000 runs again"
    )


def test_a_rebuilt_image_s_crashes_put_off_nothing_of_the_one_before() -> None:
    play = started(IN_PLACE)
    play.model.images["web:1"] = Image(id="sha256:bad", has_agent=True)
    while not play.model.rollouts["web"].failed:
        play._calm_pass(0.5)
        for box in play.model.alive("web"):
            if box.instance.image_id == "sha256:bad":
                play.model.die(box.instance.id)
    passes(play, 3)
    assert play.model.serving("web") == 3


@pytest.mark.parametrize("rollout", [ROLLING, RED_BLACK, CANARY], ids=lambda r: r.strategy)
def test_where_nobody_is_wanted_nothing_fails(rollout: Rollout) -> None:
    play = started(rollout)
    play._save(size=0)
    passes(play, 30)
    play.model.images["web:2"] = Image(id="sha256:away")
    play._save(image="web:2", pull="never")
    del play.model.images["web:2"]
    passes(play, 80)
    status = status_of(play.model)
    assert not status.rolled_back
    assert status.rollout is not None
    assert status.rollout.phase is Phase.COMPLETE
    assert play.model.decide().plans[0].quiet


def test_what_failed_is_tried_again_when_the_file_judges_it_otherwise() -> None:
    play = started()
    play._break(0, 0)
    passes(play, 80)
    assert play.model.rollouts["web"].failed
    play._save(health=Health(start_seconds=60.0))
    passes(play, 4)
    assert revisions(play) == {"v000": 3, "v001": 1}
    assert phase(play) is Phase.PROGRESSING
    passes(play, 140)
    assert status_of(play.model).rolled_back.startswith("v001 failed: 0 of 3 available and not one more within 61 s")
    play.model.restart_loop()
    passes(play, 20)
    assert revisions(play) == {"v000": 3}
    play.model.broken = frozenset()
    play._save(rollout=replace(play.spec.rollout, deadline_seconds=90.0))
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_what_never_ran_is_no_version_to_go_back_to_until_it_did() -> None:
    play = started()
    play._save(size=0)
    passes(play, 30)
    play._break(0, 0)
    passes(play, 4)
    assert play.model.rollouts["web"].done
    play._save(size=3)
    passes(play, 40)
    play._break(1, 0)
    assert not play.model.decide().rollouts["web"].done
    assert play.model.rollouts["web"].back == play.model.history["web"][0]
    passes(play, 120)
    assert revisions(play) == {"v000": 3}
    play._save(size=0)
    passes(play, 30)
    push(play)
    passes(play, 4)
    play._save(size=3)
    play.settle()
    assert play.model.rollouts["web"].good == play.model.rollouts["web"].to


def test_in_place_a_rebuilt_image_that_runs_and_never_answers_makes_room_for_the_one_before() -> None:
    play = started(IN_PLACE)
    play.model.images["web:1"] = Image(id="sha256:bad", has_agent=True)
    play.model.broken_images |= {"sha256:bad"}
    while not play.model.rollouts["web"].failed:
        play._calm_pass(0.5)
    passes(play, 10)
    assert [b.instance.image_id for b in play.model.alive("web")] == ["sha256:web:1"] * 3


@pytest.mark.parametrize("how", ["suspended", "no zone open", "nobody heard"])
def test_no_clock_runs_while_nothing_could_come(how: str) -> None:
    play = started()
    play._break(0, 0)
    passes(play, 4)
    play._save(suspend=how == "suspended")
    play.model.closed = frozenset("ab") if how == "no zone open" else frozenset()
    if how == "nobody heard":
        play._deaf(0, 0)
    for _ in range(50):
        play._calm_pass(1.0)
        assert not play.model.rollouts["web"].failed


def test_a_group_that_failed_after_the_switch_is_no_way_back() -> None:
    play = started(replace(RED_BLACK, deadline_seconds=5.0))
    push(play)
    passes(play, 30)
    play.model.broken |= {play.spec.spec_hash()}
    for box in play.model.alive("web"):
        if box.instance.revision == "v001":
            play.model.die(box.instance.id)
    passes(play, 40)
    push(play, "3")
    passes(play, 1)
    assert play.model.rollouts["web"].back == play.model.history["web"][0]


def test_who_is_replaced_is_stopped_as_its_own_revision_says() -> None:
    play = started()
    play._save(environment={"A": "2"}, stop=Stop(drain_seconds=999.0))
    passes(play, 60)
    assert revisions(play) == {"v001": 3}
