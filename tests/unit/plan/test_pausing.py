"""A rollout that a person has paused stays where it is, heals what it has, and goes on when he says so."""

from dataclasses import replace

import pytest

from reconciler.plan.status import Phase
from reconciler.spec.cluster import Rollout
from tests.sim.script import Play
from tests.unit.plan.rolling import (
    CANARY,
    IN_PLACE,
    RED_BLACK,
    ROLLING,
    passes,
    phase,
    push,
    revisions,
    say,
    serving,
    started,
    status_of,
    text,
)  # fmt: skip


@pytest.mark.parametrize("rollout", [ROLLING, IN_PLACE, RED_BLACK, CANARY], ids=lambda r: r.strategy)
def test_paused_before_the_push_nothing_is_begun(rollout: Rollout) -> None:
    play = started(rollout)
    say(play, paused=True)
    push(play)
    passes(play, 100)
    assert revisions(play) == {"v000": 3}
    assert text(play) == "wait RolloutPaused: v001 is paused; `reconciler rollout resume web` goes on"
    assert play.model.decide().plans[0].at_rest
    assert phase(play) is Phase.PAUSED
    assert status_of(play.model).awaits_person
    say(play, paused=False)
    passes(play, 60)
    say(play, promoted="v001")
    play.settle()
    assert revisions(play) == {"v001": 3}


@pytest.mark.parametrize("rollout", [ROLLING, IN_PLACE], ids=lambda r: r.strategy)
def test_paused_in_the_middle_it_stays_as_it_stood_and_what_dies_comes_back_as_it_was(rollout: Rollout) -> None:
    play = started(rollout, 4)
    push(play)
    while revisions(play).get("v001", 0) < 2:
        play._calm_pass(0.5)
    say(play, paused=True)
    passes(play, 60)
    assert revisions(play) == {"v000": 2, "v001": 2}
    for box in play.model.alive("web"):
        play.model.die(box.instance.id)
    passes(play, 40)
    assert revisions(play) == {"v000": 2, "v001": 2}
    play.model.restart_loop()
    passes(play, 40)
    assert revisions(play) == {"v000": 2, "v001": 2}
    say(play, paused=False)
    play.settle()
    assert revisions(play) == {"v001": 4}


def test_paused_it_grows_by_what_is_known_to_be_good() -> None:
    play = started()
    say(play, paused=True)
    push(play)
    passes(play, 10)
    play._save(size=5)
    passes(play, 20)
    assert revisions(play) == {"v000": 5}


def test_a_paused_red_black_rollout_keeps_both_groups() -> None:
    play = started(RED_BLACK)
    push(play)
    passes(play, 30)
    say(play, paused=True)
    passes(play, 300)
    assert revisions(play) == {"v000": 3, "v001": 3}
    assert serving(play) == {"v001": 3}
    say(play, paused=False)
    play.settle()


def test_a_new_cluster_comes_up_though_its_file_says_paused() -> None:
    play = started(Rollout(paused=True))
    assert revisions(play) == {"v000": 3}
    assert phase(play) is Phase.COMPLETE


def test_what_is_there_for_the_first_time_comes_up_though_its_file_says_paused() -> None:
    play = Play()
    play.spec = replace(play.spec, rollout=replace(ROLLING, paused=True))
    play.start()
    assert revisions(play) == {"v000": 3}
    assert text(play) == "nothing to do"
