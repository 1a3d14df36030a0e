"""A red-black rollout that a person judges: the new group stands whole, without traffic, until somebody promotes it."""

from dataclasses import replace

import pytest

from reconciler.plan.status import Phase
from reconciler.spec.cluster import RedBlack
from tests.sim.script import Play
from tests.unit.plan.rolling import RED_BLACK, passes, phase, push, revisions, say, serving, started, status_of, text

JUDGED = replace(RED_BLACK, red_black=RedBlack(keep_seconds=10.0, judged=True))
BOTH = {"v000": 3, "v001": 3}


def _judging() -> Play:
    play = started(JUDGED)
    push(play)
    passes(play, 30)
    return play


def test_the_new_group_stands_whole_without_traffic_for_as_long_as_nobody_says_a_word() -> None:
    play = _judging()
    passes(play, 200)
    assert revisions(play) == BOTH
    assert serving(play) == {"v000": 3}
    assert phase(play) is Phase.JUDGING
    assert text(play) == (
        "wait JudgmentWaiting: 3 of v001 stand without traffic; `reconciler rollout promote web` gives them the traffic"
    )
    assert play.model.decide().plans[0].at_rest


def test_the_status_says_that_a_person_is_waited_for_and_what_to_type() -> None:
    status = status_of(_judging().model)
    assert status.rollout is not None
    assert status.rollout.awaits_promotion
    assert status.awaits_person.startswith("the group of v001 stands without traffic and awaits a judgment")
    assert "`reconciler rollout promote web`" in status.awaits_person
    progressing = next(c for c in status.conditions if c.type == "Progressing")
    assert (progressing.status, progressing.reason) == ("False", "JudgmentWaiting")


def test_promoted_it_gets_the_traffic_at_once_and_the_old_one_is_kept_for_its_time() -> None:
    play = _judging()
    say(play, promoted="v001")
    for _ in range(6):
        play._calm_pass(0.3)
        assert sum(serving(play).values()) >= 3
    assert serving(play) == {"v001": 3}
    assert revisions(play) == BOTH
    assert phase(play) is Phase.SWITCHED
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_promoted_before_it_is_whole_it_switches_when_it_is() -> None:
    play = started(JUDGED)
    push(play)
    passes(play, 1)
    say(play, promoted="v001")
    passes(play, 30)
    assert serving(play) == {"v001": 3}


def test_another_revisions_promotion_is_no_word_for_this_one() -> None:
    play = _judging()
    say(play, promoted="v000")
    passes(play, 20)
    assert serving(play) == {"v000": 3}


def test_taken_back_while_it_is_judged_it_ends_and_never_had_traffic() -> None:
    play = _judging()
    play._save(environment={})
    for _ in range(30):
        play._calm_pass(0.5)
        assert serving(play) == {"v000": 3}
    assert revisions(play) == {"v000": 3}
    assert phase(play) is Phase.COMPLETE


def test_taken_back_with_one_old_instance_dead_no_traffic_goes_to_what_was_refused() -> None:
    play = _judging()
    old = next(box for box in play.model.alive("web") if box.instance.revision == "v000")
    play.model.die(old.instance.id)
    play._save(environment={})
    for _ in range(30):
        play._calm_pass(0.2)
        assert serving(play).keys() == {"v000"}
    play.settle()


def test_taken_back_after_the_switch_the_traffic_returns_at_once_unjudged() -> None:
    play = _judging()
    say(play, promoted="v001")
    passes(play, 6)
    assert serving(play) == {"v001": 3}
    play._save(environment={})
    for _ in range(5):
        play._calm_pass(0.2)
        assert sum(serving(play).values()) >= 3
    assert serving(play)["v000"] == 3


def test_both_groups_are_healed_while_it_is_judged() -> None:
    play = _judging()
    for revision in ("v000", "v001"):
        play.model.die(next(b.instance.id for b in play.model.alive("web") if b.instance.revision == revision))
        passes(play, 12)
        assert revisions(play) == BOTH
        assert serving(play) == {"v000": 3}
    assert phase(play) is Phase.JUDGING


def test_when_the_whole_old_group_dies_at_once_it_comes_back_and_the_judgment_stands() -> None:
    play = _judging()
    for box in play.model.alive("web"):
        if box.instance.revision == "v000":
            play.model.die(box.instance.id)
    passes(play, 30)
    assert revisions(play) == BOTH
    assert serving(play) == {"v000": 3}


def test_one_that_never_gets_whole_fails_and_is_taken_back() -> None:
    play = started(replace(JUDGED, deadline_seconds=4.0))
    play._break(0, 0)
    passes(play, 60)
    assert phase(play) is Phase.ROLLED_BACK
    assert serving(play) == {"v000": 3}


def test_accidents_far_apart_while_it_is_judged_are_no_failure() -> None:
    play = started(replace(JUDGED, deadline_seconds=6.0))
    push(play)
    passes(play, 30)
    for _ in range(4):
        passes(play, 20)
        play.model.die(next(b.instance.id for b in play.model.alive("web") if b.instance.revision == "v001"))
        passes(play, 8)
        assert phase(play) is Phase.JUDGING


@pytest.mark.parametrize("store", [True, False], ids=["kept", "lost"])
def test_a_loop_restarted_meanwhile_gives_no_traffic_without_a_word(store: bool) -> None:
    play = _judging()
    if not store:
        play.model.rollouts = {}
        play.model.forget_specs()
    play.model.restart_loop()
    passes(play, 30)
    assert serving(play) == {"v000": 3}
    assert revisions(play) == BOTH
    say(play, promoted="v001")
    passes(play, 6)
    assert serving(play)["v001"] == 3


def test_the_first_version_needs_no_judgment() -> None:
    play = started(JUDGED)
    assert serving(play) == {"v000": 3}
    assert phase(play) is Phase.COMPLETE


def test_turned_off_while_it_waits_the_traffic_moves() -> None:
    play = _judging()
    say(play, red_black=RedBlack(keep_seconds=10.0))
    passes(play, 6)
    assert serving(play) == {"v001": 3}
