"""Zones closed and opened in a running loop: kept over restarts, opened by the clock, told as events."""

from concurrent.futures import Future
from typing import TypeVar

import pytest

from reconciler.engine.closed_zones import KEY
from reconciler.errors import UsageError
from tests.loop.turning import PLAIN, Turning

T = TypeVar("T")
SPEC = f"image: {PLAIN}\nsize: 4\nzones: [a, b]\nrollout: {{bake: 0s}}\nstop: {{grace: 1s, drain: 0s}}\n"


def begun(turning: Turning) -> None:
    turning.start()
    turning.save("web", SPEC)
    turning.settle()


def answered(turning: Turning, asked: "Future[T]") -> T:
    assert turning.turn()
    return asked.result(0)


def close(turning: Turning, zone: str, seconds: float | None = None, why: str = "") -> tuple[str, ...]:
    return answered(turning, turning.loop.ask_close_zone(zone, seconds, why))


def zones(turning: Turning) -> str:
    return "".join(sorted(box.labels["io.reconciler.zone"] for box in turning.ours()))


def told(turning: Turning) -> list[str]:
    return [f"{e.subject} {e.cause}" for e in turning.store.events(limit=1000) if e.kind == "zone"]


def test_a_closed_zone_is_left_and_an_opened_one_is_filled_again(turning: Turning) -> None:
    begun(turning)
    assert close(turning, "b", why="a disk") == ()
    turning.settle()
    assert zones(turning) == "aaaa"
    assert [(closed.zone, closed.why) for closed in turning.status().closed_zones] == [("b", "a disk")]
    assert answered(turning, turning.loop.ask_open_zone("b"))
    turning.settle()
    assert zones(turning) == "aabb"
    assert told(turning) == ["b closed until somebody opens it (a disk)", "b open again, as asked"]
    assert turning.most_running["web"] <= 5


def test_a_closed_zone_stays_closed_over_restarts_and_opens_on_time(turning: Turning) -> None:
    begun(turning)
    close(turning, "b", 600.0)
    for _ in range(2):
        turning.settle(120.0)
        turning.restart()
    turning.settle(120.0)
    assert zones(turning) == "aaaa"
    turning.run_for(600.0)
    turning.settle()
    assert zones(turning) == "aabb"
    assert told(turning)[-1] == "b open again: its time was over"
    assert not any(key.startswith(KEY) for key in turning.store.notes())


def test_a_zone_whose_time_ends_while_no_loop_runs_is_open_when_one_starts(turning: Turning) -> None:
    begun(turning)
    close(turning, "b", 600.0)
    turning.settle(120.0)
    turning.end()
    turning.time.now += 3600.0
    turning.start()
    turning.settle()
    assert zones(turning) == "aabb"
    assert told(turning)[-1] == "b open again: its time was over"


def test_without_its_state_a_loop_finds_all_zones_open(turning: Turning) -> None:
    begun(turning)
    close(turning, "b")
    turning.settle()
    turning.end()
    for file in turning.state.glob("state.db*"):
        file.unlink()
    turning.start()
    turning.settle()
    assert zones(turning) == "aabb"


def test_closing_again_changes_the_time_and_the_reason_only(turning: Turning) -> None:
    begun(turning)
    close(turning, "b")
    (before,) = turning.status().closed_zones
    turning.run_for(5.0)
    close(turning, "b", 60.0, "a disk")
    (after,) = turning.status().closed_zones
    assert (after.since, after.why) == (before.since, "a disk")
    assert after.until == pytest.approx(before.since + 65.0, abs=2.0)


def test_a_zone_that_nobody_has_is_refused_with_those_that_there_are(turning: Turning) -> None:
    begun(turning)
    with pytest.raises(UsageError, match="no zone 'c'; there are a, b"):
        close(turning, "c")
    with pytest.raises(UsageError, match="no zone 'c'"):
        answered(turning, turning.loop.ask_open_zone("c"))
    assert not answered(turning, turning.loop.ask_open_zone("a"))
    assert told(turning) == []


def test_the_last_open_zone_closes_with_a_warning_and_nothing_that_runs_ends(turning: Turning) -> None:
    begun(turning)
    before = turning.ids()
    close(turning, "a")
    assert "no open zone is left" in close(turning, "b")[0]
    turning.run_for(60.0)
    assert len(turning.ours()) == 4
    assert set(turning.ids().values()) <= set(before.values())


def test_a_zone_is_closed_though_the_engine_does_not_answer(turning: Turning) -> None:
    begun(turning)
    turning.engine.failures.away = True
    close(turning, "b")
    assert [closed.zone for closed in turning.status().closed_zones] == ["b"]
