"""Silence, outages and lost events in virtual time: when we can't see, nothing healthy is replaced."""

from itertools import pairwise

import pytest

from reconciler.errors import EngineError, EngineUnavailable, PermanentError
from reconciler.plan.status import Verdict
from reconciler.state.instance import EngineState
from tests.loop.turning import BASE, ENV, PLAIN, Turning


def spec(size: int, *more: str, image: str = BASE, zones: str = "[a, b, c]") -> str:
    lines = [f"image: {image}", f"size: {size}", f"zones: {zones}", "stop: {grace: 1s, drain: 0s}", *more]
    return "\n".join(lines) + "\n"


def verdicts(turning: Turning, cluster: str = "web") -> set[Verdict]:
    return {instance.verdict for instance in turning.cluster(cluster).instances}


def ready(turning: Turning, size: int = 6) -> dict[str, str]:
    turning.start()
    turning.save("web", spec(size))
    turning.settle()
    return turning.ids()


def test_a_blocked_channel_replaces_nobody_says_why_and_is_trusted_again_when_beats_return(turning: Turning) -> None:
    turning.settings = turning.settings.__class__(
        env=ENV, domain="docker", state=turning.state, specs=turning.specs, lost_after_seconds=1000.0
    )
    before = ready(turning)
    names = dict(turning.names.published())
    turning.blocked = True
    turning.run_for(300.0)
    assert turning.ids() == before
    assert dict(turning.names.published()) == names
    assert "6 of 6 instances fell silent together" in turning.status().channel_problem
    assert verdicts(turning) == {Verdict.UNKNOWN}
    turning.blocked = False
    turning.settle()
    assert turning.ids() == before
    assert turning.status().channel_problem == ""


def test_a_dead_listener_says_nothing_about_a_single_instance(turning: Turning) -> None:
    """One is never too many to be believed, so the listener itself has to be looked at."""
    before = ready(turning, 1)
    turning.ears.listening = False
    turning.run_for(120.0)
    assert turning.ids() == before
    turning.ears.listening = True
    turning.settle()
    assert turning.ids() == before


def test_the_only_silent_one_of_many_is_replaced(turning: Turning) -> None:
    before = ready(turning)
    victim = turning.ours()[3]
    turning.mute.add(victim.id)
    turning.run_for(8.0)
    turning.settle()
    after = turning.ids()
    assert {name for name in before if before[name] != after[name]} == {victim.blueprint.name}


def test_a_silent_zone_is_held_until_a_canary_beats_and_then_replaced_one_at_a_time(turning: Turning) -> None:
    before = ready(turning)
    zone = [box for box in turning.ours() if box.labels["io.reconciler.zone"] == "a"]
    turning.mute |= {box.id for box in zone}
    turning.run_for(55.0)
    assert turning.ids() == before
    assert "zone a" in turning.status().channel_problem or "2 of 6" in turning.status().channel_problem
    running = len([box for box in turning.ours() if box.state is EngineState.RUNNING])
    turning.run_for(15.0)
    turning.settle()
    after = turning.ids()
    kept = before.keys() - {box.blueprint.name for box in zone}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert not {box.id for box in zone} & set(after.values())
    assert len(after) == running == 6
    assert turning.most_running["web"] == 7


def test_a_silent_zone_whose_canary_is_silent_too_stays_held(turning: Turning) -> None:
    before = ready(turning)
    turning.blocked = True
    turning.run_for(600.0)
    assert before.items() <= turning.ids().items()
    assert len(turning.ids()) == 7
    assert "canary" in turning.status().channel_problem
    turning.blocked = False
    turning.settle()
    assert turning.ids() == before


def in_zone(turning: Turning, zone: str) -> set[str]:
    return {box.id for box in turning.ours() if box.labels["io.reconciler.zone"] == zone}


def cut_off(turning: Turning, zone: str, seconds: int, *, words: int) -> None:
    """A cut of this zone that comes to a newcomer only after so many seconds of its life."""
    born = dict.fromkeys(in_zone(turning, zone), turning.time.now - words)
    for _ in range(seconds):
        for one in in_zone(turning, zone):
            if turning.time.now - born.setdefault(one, turning.time.now) >= words:
                turning.mute.add(one)
        turning.run_for(1.0)


@pytest.mark.parametrize("words", [0, 1, 3])
@pytest.mark.parametrize("size", [6, 4], ids=["in balance", "other zones are emptier"])
def test_a_canary_that_soon_falls_silent_as_well_proves_nothing(turning: Turning, words: int, size: int) -> None:
    before = ready(turning, size)
    cut_off(turning, "a", 200, words=words)
    assert len(in_zone(turning, "a")) == 3, "no canary came, or it went elsewhere"
    assert before.items() <= turning.ids().items()
    turning.mute.clear()
    turning.settle()
    assert turning.ids() == before


def test_when_its_canary_is_heard_a_moment_before_them_a_zones_own_are_kept(turning: Turning) -> None:
    before = ready(turning)
    own = in_zone(turning, "a")
    cut_off(turning, "a", 200, words=1)
    turning.mute &= own
    turning.run_for(2.0)
    turning.mute.clear()
    turning.settle()
    assert turning.ids() == before


def test_an_engine_that_is_away_is_waited_for(turning: Turning) -> None:
    before = ready(turning)
    turning.engine.go_away()
    turning.run_for(100.0)
    assert "does not answer" in turning.status().engine_problem
    turning.engine.come_back()
    turning.settle()
    assert turning.ids() == before
    assert turning.status().engine_problem == ""


def test_what_no_event_told_is_found_by_the_resync(turning: Turning) -> None:
    before = ready(turning, 3)
    turning.engine.watchers.clear()
    victim = turning.ours()[1]
    turning.engine.crash(victim.id)
    turning.run_for(turning.settings.resync_seconds + 1.0)
    after = turning.ids()
    assert {name for name in before if before[name] != after[name]} == {victim.blueprint.name}


def test_a_crash_loop_is_spaced_ever_wider_and_forgiven_after_a_long_life(turning: Turning) -> None:
    turning.start()
    turning.save("web", spec(1, image=PLAIN))
    turning.settle()
    starts: list[float] = []

    def end_at_once(event: object) -> None:
        if getattr(event, "action", "") == "start":
            starts.append(turning.time.now)
            turning.engine.crash(getattr(event, "id", ""))

    turning.run_for(700.0)
    turning.engine.watchers.append(end_at_once)
    turning.engine.crash(turning.ours()[0].id)
    turning.run_for(1500.0)
    gaps = [round(later - sooner) for sooner, later in pairwise(starts)]
    assert gaps[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    turning.engine.watchers.remove(end_at_once)
    turning.run_for(1000.0)
    turning.engine.crash(turning.ours()[0].id)
    turning.run_for(1.0)
    assert turning.ours()[0].state is EngineState.RUNNING


def test_a_stranger_under_the_next_name_is_left_alone_and_the_name_taken_when_it_goes(turning: Turning) -> None:
    turning.start()
    stranger = turning.engine.add_foreign(f"{ENV}-web-2")
    turning.save("web", spec(3))
    turning.run_for(60.0)
    assert turning.engine.boxes[stranger].state is EngineState.RUNNING
    assert "isn't ours" in str(turning.cluster("web"))
    assert sorted(turning.ids()) == [f"{ENV}-web-1", f"{ENV}-web-2", f"{ENV}-web-3"]
    del turning.engine.boxes[stranger]
    turning.settle()
    assert len(turning.ids()) == 3


@pytest.mark.parametrize("error", [PermanentError("refused"), EngineUnavailable("the connection broke off")])
def test_an_engine_that_lists_but_never_creates_is_asked_ever_more_rarely(turning: Turning, error: EngineError) -> None:
    turning.start()
    turning.engine.failures.fail("create", error, times=10_000)
    turning.save("web", spec(1))
    turning.run_for(600.0)
    tries = [method for method, _ in turning.engine.calls if method == "create"]
    assert 8 <= len(tries) <= 14


def test_an_engine_that_says_removed_and_lists_it_still_is_asked_ever_more_rarely(
    turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(turning, 2)
    asked: list[str] = []
    monkeypatch.setattr(turning.engine, "remove", asked.append)
    turning.save("web", spec(1))
    turning.run_for(60.0)
    assert 3 <= len(asked) <= 10
    assert "lists it still" in str(turning.cluster("web"))
    monkeypatch.undo()
    turning.settle()
    assert len(turning.ids()) == 1
