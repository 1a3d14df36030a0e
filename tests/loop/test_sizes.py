"""Sizes that follow a metric, in a whole loop and virtual time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.plan.scaling import YOUNG_SECONDS
from tests.loop.turning import BASE, Turning

SPEC = f"image: {BASE}\nsize: 2\nautoscale: {{min: 1, max: 6, metric: jobs, target: 10, cooldown_in: 30s}}\n"


@pytest.fixture
def turning(tmp_path: Path) -> Iterator[Turning]:
    made = Turning(tmp_path)
    made.save("web", SPEC)
    made.start()
    made.settle()
    yield made
    made.end()


def desired(turning: Turning) -> tuple[int, int]:
    return turning.cluster("web").desired, len(turning.ours())


def test_a_figure_changes_the_size_within_seconds_of_being_told(turning: Turning) -> None:
    """No file was saved, nothing happened on the engine, and the next look at everything is far."""
    turning.figures["jobs"] = 20.0
    turning.run_for(3.0)
    turning.settle()
    assert desired(turning) == (4, 4)
    events = [event.cause for event in turning.store.events(cluster="web") if event.kind == "scale"]
    assert events == ["its file says 2", "jobs 20 per instance, target 10: 2 -> 4"]


def test_a_new_process_goes_on_with_as_many(turning: Turning) -> None:
    turning.figures["jobs"] = 20.0
    turning.run_for(3.0)
    turning.figures["jobs"] = 10.0
    turning.settle()
    before = turning.ids()
    turning.restart()
    turning.settle()
    assert (desired(turning), turning.ids()) == ((4, 4), before)


@pytest.mark.parametrize("seconds", [0.3, 2.0, 4.0, 6.0])
def test_a_loop_killed_again_and_again_in_the_middle_of_a_push_goes_on_with_as_many(
    turning: Turning, seconds: float
) -> None:
    """More run than are wanted then, and the metric isn't told: nothing would put a wrong size right."""
    turning.save("web", SPEC + "environment: {COLOUR: red}\nrollout: {surge: 2, bake: 3s}\n")
    for _ in range(3):
        turning.run_for(seconds)
        turning.restart()
    turning.settle()
    assert desired(turning) == (2, 2)


def test_while_the_engine_is_away_the_size_in_force_is_shown(turning: Turning) -> None:
    turning.figures["jobs"] = 20.0
    turning.run_for(3.0)
    turning.figures["jobs"] = 10.0
    turning.settle()
    turning.engine.go_away()
    turning.run_for(12.0)
    assert turning.status().engine_problem
    assert turning.cluster("web").desired == 4
    turning.engine.come_back()
    turning.settle()
    assert desired(turning) == (4, 4)


def test_who_dies_is_replaced_and_is_no_reason_for_more(turning: Turning) -> None:
    turning.figures["jobs"] = 10.0
    turning.run_for(YOUNG_SECONDS)
    turning.engine.crash(turning.ours()[0].id)
    turning.settle()
    assert desired(turning) == (2, 2)
    assert turning.most_running["web"] == 2


def test_a_lull_takes_instances_away_and_a_deleted_file_all_of_them(turning: Turning) -> None:
    turning.figures["jobs"] = 0.0
    turning.run_for(60.0)
    turning.settle()
    assert desired(turning) == (1, 1)
    turning.delete("web")
    turning.run_for(20.0)
    assert turning.ours() == []
    assert turning.loop._memory.scales == {}
