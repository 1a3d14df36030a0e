"""A red-black rollout: a whole new group, then the traffic moves, and the old one is kept for a while."""

from dataclasses import replace

from reconciler.plan.status import Phase
from reconciler.spec.cluster import RedBlack
from tests.unit.plan.rolling import RED_BLACK, passes, phase, push, revisions, serving, started, status_of, text

SHORT = replace(RED_BLACK, red_black=RedBlack(keep_seconds=10.0))


def test_the_traffic_moves_when_the_new_group_is_whole_and_never_leads_to_nobody() -> None:
    play = started(SHORT)
    push(play)
    seen: list[dict[str, int]] = []
    for _ in range(80):
        play._calm_pass(0.5)
        assert sum(serving(play).values()) >= 3
        if not seen or seen[-1] != serving(play):
            seen.append(serving(play))
    assert seen == [{"v000": 3}, {"v000": 3, "v001": 3}, {"v001": 3}]
    play.settle()
    assert revisions(play) == {"v001": 3}
    assert phase(play) is Phase.COMPLETE


def test_the_old_group_is_kept_and_the_plan_says_for_how_long() -> None:
    play = started()
    play.spec = replace(play.spec, rollout=RED_BLACK)
    push(play)
    passes(play, 30)
    assert revisions(play) == {"v000": 3, "v001": 3}
    assert phase(play) is Phase.SWITCHED
    assert text(play) == "wait Switched: v001 has the traffic; v000 is kept for 60 s"
    ready = next(c for c in status_of(play.model).conditions if c.type == "Ready")
    assert (ready.status, ready.message) == ("False", "3 of 6 there are of the wanted revision, 3 wanted")
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_the_file_taken_back_moves_the_traffic_back_at_once() -> None:
    play = started(RED_BLACK)
    push(play)
    passes(play, 30)
    assert serving(play) == {"v001": 3}
    made = {box.instance.id for box in play.model.alive("web") if box.instance.revision == "v000"}
    play._save(environment={})
    for _ in range(5):
        play._calm_pass(0.2)
        assert sum(serving(play).values()) >= 3
    assert serving(play)["v000"] == 3
    play.settle()
    assert {box.instance.id for box in play.model.alive("web")} == made


def test_both_groups_are_healed_each_as_it_is() -> None:
    play = started(RED_BLACK)
    play._break(0, 0)
    passes(play, 10)
    old = [box for box in play.model.alive("web") if box.instance.revision == "v000"]
    play.model.die(old[0].instance.id)
    passes(play, 10)
    assert revisions(play) == {"v000": 3, "v001": 3}
    assert serving(play) == {"v000": 3}


def test_a_loop_restarted_while_the_old_group_is_kept_goes_on_from_there() -> None:
    play = started(SHORT)
    push(play)
    passes(play, 24)
    assert serving(play) == {"v001": 3}
    play.model.restart_loop()
    passes(play, 10)
    assert serving(play) == {"v001": 3}
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_a_newer_file_while_the_old_group_is_kept_leads_from_what_has_the_traffic() -> None:
    play = started(RED_BLACK)
    push(play)
    passes(play, 30)
    push(play, "3")
    for _ in range(60):
        play._calm_pass(0.5)
        assert sum(serving(play).values()) >= 3
    assert serving(play) == {"v002": 3}
    assert status_of(play.model).rollout is not None
    assert play.model.rollouts["web"].back == play.model.history["web"][1]


def test_the_new_group_fails_after_the_switch_and_the_kept_one_takes_over() -> None:
    play = started(replace(RED_BLACK, deadline_seconds=5.0))
    push(play)
    passes(play, 30)
    assert serving(play) == {"v001": 3}
    play.model.broken |= {play.spec.spec_hash()}
    for box in play.model.alive("web"):
        if box.instance.revision == "v001":
            play.model.die(box.instance.id)
    passes(play, 40)
    assert serving(play) == {"v000": 3}
    assert status_of(play.model).rolled_back.startswith("v001 failed: ")


def test_whoever_dies_when_the_old_group_is_kept_no_more_gives_it_no_traffic_back() -> None:
    play = started(SHORT)
    push(play)
    while (at := play.model.rollouts["web"].switched_at) is None or play.model.now < at + 9.6:
        play._calm_pass(0.5)
    play.model.die(next(b.instance.id for b in play.model.alive("web") if b.instance.revision == "v001"))
    for _ in range(10):
        play._calm_pass(0.3)
        assert serving(play).keys() == {"v001"}
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_a_group_that_is_wanted_no_more_before_it_had_traffic_stands_in_nobodys_way() -> None:
    play = started(RED_BLACK)
    for box in play.model.alive("web")[:2]:
        box.beats = False
    play._revise(7, 1)
    play._wait(6, 1)
    play._revise(3, 2)
    play.settle()
    assert revisions(play) == {"v002": 3}


def test_red_black_in_the_middle_of_a_rolling_push_takes_no_traffic_away_before_enough_others_have_it() -> None:
    play = started(size=4)
    push(play)
    while revisions(play).get("v001", 0) < 3:
        play._calm_pass(0.5)
    play._save(rollout=RED_BLACK)
    for _ in range(40):
        play._calm_pass(0.5)
        assert sum(serving(play).values()) >= 4
    play.settle()
    assert revisions(play) == {"v001": 4}
