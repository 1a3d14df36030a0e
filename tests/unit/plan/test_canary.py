"""A canary rollout: the first few, then a person, the time or a metric says that it goes on."""

from dataclasses import replace

import pytest

from reconciler.plan.actions import CreateInstance
from reconciler.plan.status import Phase
from reconciler.spec.cluster import CanaryStage
from reconciler.state.beats import Beat
from tests.sim.script import Play
from tests.unit.plan.rolling import CANARY, passes, phase, push, revisions, say, serving, started, status_of, text

TIMED = replace(CANARY, canary=CanaryStage(after_seconds=20.0))
METERED = replace(CANARY, canary=CanaryStage(after_seconds=5.0, metric="errors", most=1.0))


def _tell(play: Play, errors: float | None) -> None:
    """What all say of themselves from now on."""
    for key, box in play.model.boxes.items():
        if box.instance.cluster == "web":
            metrics = {} if errors is None else {"errors": errors}
            play.model.beats[key] = Beat(at=play.model.now, metrics=metrics)


def test_one_takes_its_place_and_a_person_lets_it_go_on() -> None:
    play = started(CANARY)
    push(play)
    passes(play, 30)
    assert revisions(play) == serving(play) == {"v000": 2, "v001": 1}
    assert text(play) == "wait CanaryWaiting: 1 canary of v001 stands; `reconciler rollout promote web` goes on"
    assert play.model.decide().plans[0].at_rest
    assert phase(play) is Phase.CANARY
    assert status_of(play.model).awaits_person.startswith("the canary of v001 awaits its promotion")
    assert [c.status for c in status_of(play.model).conditions] == ["False", "False", "False"]
    say(play, promoted="v001")
    play.settle()
    assert revisions(play) == {"v001": 3}
    assert phase(play) is Phase.COMPLETE


def test_the_old_ones_are_made_anew_as_they_were_and_the_canary_as_it_is() -> None:
    play = started(CANARY)
    push(play)
    passes(play, 20)
    for box in play.model.alive("web"):
        play.model.die(box.instance.id)
    passes(play, 20)
    assert revisions(play) == {"v000": 2, "v001": 1}


def test_the_file_taken_back_ends_the_canary() -> None:
    play = started(CANARY)
    play._save(environment={})
    push(play)
    passes(play, 20)
    play._save(environment={})
    play.settle()
    assert revisions(play) == {"v000": 3}


@pytest.mark.parametrize(("size", "percent", "count"), [(10, 25.0, 3), (10, 1.0, 1), (2, 100.0, 2)])
def test_a_share_of_the_cluster_is_rounded_up(size: int, percent: float, count: int) -> None:
    play = started(replace(CANARY, canary=CanaryStage(size=None, percent=percent)), size)
    push(play)
    passes(play, 60)
    assert revisions(play) == {"v000": size - count, "v001": count} if count < size else {"v001": size}
    assert phase(play) is Phase.CANARY


def test_more_canaries_than_instances_are_all_of_them() -> None:
    play = started(replace(CANARY, canary=CanaryStage(size=9)), 2)
    push(play)
    passes(play, 30)
    assert revisions(play) == {"v001": 2}
    assert phase(play) is Phase.CANARY
    say(play, promoted="v001")
    play.settle()


def test_after_its_time_it_goes_on_by_itself_over_a_restart_too() -> None:
    play = started(TIMED)
    push(play)
    passes(play, 20)
    assert text(play) == "wait CanaryBaking: 1 canary of v001 must stay available for 20 s"
    play.model.restart_loop()
    passes(play, 30)
    assert revisions(play) == {"v000": 2, "v001": 1}
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_what_was_promoted_is_promoted_after_a_restart() -> None:
    play = started(CANARY)
    push(play)
    passes(play, 20)
    say(play, promoted="v001")
    passes(play, 4)
    say(play, promoted="")
    play.model.restart_loop()
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_a_metric_above_its_bound_takes_it_back() -> None:
    play = started(METERED)
    push(play)
    for _ in range(60):
        _tell(play, 3.0)
        play._calm_pass(0.5)
    assert revisions(play) == {"v000": 3}
    assert status_of(play.model).rolled_back.startswith("v001 failed: its canaries' errors is 3, at most 1 was allowed")


def test_a_metric_that_nobody_tells_holds_it_and_is_said() -> None:
    play = started(METERED)
    push(play)
    passes(play, 60)
    assert revisions(play) == {"v000": 2, "v001": 1}
    assert text(play) == "wait MetricMissing: 1 canary of v001: nobody tells `errors`, so it can't go on"
    for _ in range(80):
        _tell(play, 0.5)
        play._calm_pass(0.5)
    assert revisions(play) == {"v001": 3}


def test_one_that_comes_and_dies_again_and_again_is_no_progress() -> None:
    play = started(TIMED)
    push(play)
    for number in range(400):
        play._calm_pass(0.5)
        for box in play.model.alive("web"):
            if box.instance.revision == "v001" and number % 20 == 19:
                play.model.die(box.instance.id)
    assert revisions(play) == {"v000": 3}
    assert play.model.rollouts["web"].failed


def test_a_newer_file_begins_a_canary_of_its_own_and_the_one_before_goes() -> None:
    play = started(CANARY, 4)
    push(play)
    passes(play, 20)
    push(play, "3")
    passes(play, 30)
    assert revisions(play) == {"v000": 3, "v002": 1}


def test_what_befalls_the_old_ones_is_no_failure_of_the_canary() -> None:
    play = started(CANARY)
    push(play)
    passes(play, 30)
    play.model.die(next(b.instance.id for b in play.model.alive("web") if b.instance.revision == "v000"))
    for _ in range(80):
        play.step()
        for action in list(play.model.flights):
            play.model.land(action, fails=isinstance(action, CreateInstance))
        play.model.tick(1.0)
    assert phase(play) is Phase.CANARY
    play.settle()
    assert revisions(play) == {"v001": 3}


def test_a_canary_that_dies_now_and_then_while_it_awaits_a_person_has_not_failed() -> None:
    play = started(CANARY)
    push(play)
    passes(play, 30)
    for _ in range(15):
        passes(play, 70, 10.0)
        play.model.die(next(b.instance.id for b in play.model.alive("web") if b.instance.revision == "v001"))
        passes(play, 8)
    assert revisions(play) == {"v000": 2, "v001": 1}
    assert not play.model.rollouts["web"].failed


def test_a_metric_is_looked_at_each_second() -> None:
    play = started(METERED)
    push(play)
    passes(play, 20)
    plan = play.model.decide().plans[0]
    assert plan.requeue_after_seconds is not None
    assert plan.requeue_after_seconds <= 1.0
