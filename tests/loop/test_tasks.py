"""Tasks on the whole loop, in virtual time: how often they run, when, and that never two runs are there at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.state.instance import EngineState
from tests.loop.turning import BASE, PLAIN, Life, Turning
from tests.support.fake_box import Box

RUN_SECONDS = 3.0
MOST_STEPS = 400


def task(*, colour: str = "blue", image: str = PLAIN, more: str = "") -> str:
    return (
        f"kind: TaskSpec\nimage: {image}\nenvironment: {{COLOUR: {colour}}}\nstop: {{grace: 1s}}\nzones: [a, b]\n{more}"
    )


@dataclass
class Works:
    """Ends each run of `loader` three seconds after its start, with the next of `codes`, then with 0."""

    world: Turning
    codes: list[int] = field(default_factory=list)
    started_at: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.engine.watchers.append(self._watch)

    def _watch(self, event: Any) -> None:
        if event.cluster == "loader" and event.action == "start":
            self.started_at.append(self.world.time.now)

    def step(self) -> None:
        """A tenth of a second goes by; whoever has run long enough ends."""
        self.world.run_for(0.1)
        for box in self.running():
            assert box.started_at is not None
            if self.world.time.now - box.started_at >= RUN_SECONDS:
                self.ended_at.append(self.world.time.now)
                self.world.engine.crash(box.id, self.codes.pop(0) if self.codes else 0)

    def running(self) -> list[Box]:
        return [box for box in self.world.ours("loader") if box.state is EngineState.RUNNING]

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(MOST_STEPS):
            if condition() or self.world.life.dead:
                return
            self.step()
        raise AssertionError(f"it never came to that:\n{self.world.picture()}")

    def until_completed(self) -> None:
        """Done, and at rest for a while."""
        self.until(lambda: bool(self.ended_at) and self.world.quiet())
        self.world.run_for(0.0 if self.world.life.dead else 15.0)


def failed(world: Turning) -> str:
    return world.cluster("loader").failed if world.loop.passes else ""


def record(world: Turning) -> Box:
    (box,) = world.ours("loader")
    return box


def test_a_task_runs_once_whatever_becomes_of_the_loop(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    first = record(turning).id
    turning.restart()
    turning.run_for(60.0)
    assert record(turning).id == first
    assert len(works.started_at) == 1


def test_a_state_directory_that_is_lost_runs_nothing_again(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    turning.end()
    for file in turning.state.iterdir():
        file.unlink()
    turning.start()
    turning.run_for(30.0)
    assert turning.quiet()
    assert len(works.started_at) == 1


def test_failures_are_spaced_and_counted_and_then_it_is_left(turning: Turning) -> None:
    works = Works(turning, codes=[3] * 9)
    turning.start()
    turning.save("loader", task(more="retries: 4\n"))
    works.until(lambda: bool(failed(turning)))
    turning.run_for(900.0)
    gaps = [start - end for end, start in zip(works.ended_at, works.started_at[1:], strict=False)]
    assert gaps == [pytest.approx(wait, abs=0.25) for wait in (1, 2, 4, 8)]
    assert len(works.started_at) == 5
    row = turning.cluster("loader").instances[0]
    assert (row.phase, row.exit_code, row.attempt) == ("failed", 3, 5)
    assert "exit 3, in run 5 of at most 5" in failed(turning)


def test_a_loop_restarted_between_two_runs_counts_on(turning: Turning) -> None:
    works = Works(turning, codes=[3] * 9)
    turning.start()
    turning.save("loader", task(more="retries: 2\n"))
    works.until(lambda: len(works.ended_at) == 2)
    turning.restart()
    works.until(lambda: bool(failed(turning)))
    assert len(works.started_at) == 3


def test_what_failed_for_good_runs_again_when_its_record_is_removed(turning: Turning) -> None:
    works = Works(turning, codes=[3])
    turning.start()
    turning.save("loader", task(more="retries: 0\n"))
    works.until(lambda: bool(failed(turning)))
    turning.engine.remove(record(turning).id)
    works.until(lambda: len(works.ended_at) == 2)
    works.until_completed()
    assert record(turning).exit_code == 0


def test_a_killed_run_is_a_failed_one(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    turning.engine.crash(record(turning).id, 137)
    works.until_completed()
    assert len(works.started_at) == 2
    assert record(turning).labels["io.reconciler.attempt"] == "2"


def test_a_run_beyond_its_deadline_is_killed_and_repeated(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task(more="deadline: 2s\nretries: 1\n"))
    works.until(lambda: bool(failed(turning)))
    assert len(works.started_at) == 2
    assert works.started_at[1] - works.started_at[0] == pytest.approx(3.0, abs=0.5)
    assert "exit 137, killed at its deadline" in failed(turning)


def test_an_outdated_run_is_stopped_before_the_next_begins(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    turning.engine.stubborn.add(record(turning).id)
    turning.save("loader", task(colour="red"))
    works.until(lambda: len(works.started_at) == 2)
    assert turning.most_running["loader"] == 1
    works.until_completed()
    assert record(turning).labels["io.reconciler.revision"] == "v001"


def test_a_spec_changed_and_changed_back_runs_to_its_end_once(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    first = record(turning)
    turning.engine.stubborn.add(first.id)
    turning.save("loader", task(colour="red"))
    works.until(lambda: "SIGTERM" in first.signals)
    turning.save("loader", task())
    turning.run_for(0.2)
    turning.engine.crash(first.id, 0)  # it was told to end, and does so in order
    works.until_completed()
    assert len(works.started_at) == 2
    assert record(turning).id != first.id


def test_a_rebuilt_image_runs_the_task_again(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    turning.engine.add_image(PLAIN)
    works.until(lambda: len(works.ended_at) == 2)
    works.until_completed()
    assert record(turning).image.id == turning.engine.known[PLAIN].id


def test_a_cluster_waits_for_the_task_it_depends_on(turning: Turning) -> None:
    works = Works(turning, codes=[1])
    turning.start()
    turning.save("loader", task())
    turning.save("web", f"image: {BASE}\nsize: 1\ndepends_on: [loader]\n")
    works.until(lambda: len(works.ended_at) == 1)
    turning.run_for(0.5)
    assert not turning.ours("web")
    works.until_completed()
    assert len(turning.ours("web")) == 1


def test_a_task_waits_for_what_it_depends_on(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("web", f"image: {BASE}\nsize: 0\n")
    turning.save("loader", task(more="depends_on: [db]\n"))
    turning.run_for(20.0)
    assert not works.started_at
    turning.save("db", f"image: {BASE}\nsize: 1\n")
    works.until_completed()
    assert len(works.started_at) == 1


def test_a_suspended_task_is_left_as_it_is(turning: Turning) -> None:
    works = Works(turning, codes=[1])
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    turning.save("loader", task(more="suspend: true\n"))
    works.until(lambda: bool(works.ended_at))
    turning.run_for(60.0)
    assert len(works.started_at) == 1
    turning.save("loader", task())
    works.until(lambda: len(works.ended_at) == 2)


def test_a_deleted_task_takes_its_record_along(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    turning.delete("loader")
    turning.run_for(5.0)
    assert not turning.ours("loader")


def test_an_unreadable_file_changes_nothing(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    first = record(turning).id
    turning.save("loader", "kind: TaskSpec\nimage: [\n")
    turning.restart()
    turning.run_for(30.0)
    assert record(turning).id == first


def test_an_engine_that_was_away_costs_a_run_and_no_more(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    turning.engine.go_away()
    turning.run_for(5.0)
    turning.engine.come_back()
    turning.engine.crash(record(turning).id, 255)
    works.until_completed()
    assert len(works.started_at) == 2


def test_each_run_is_told_once_by_whichever_loop(turning: Turning) -> None:
    works = Works(turning, codes=[3])
    turning.start()
    turning.save("loader", task())
    works.until_completed()
    turning.store.flush()
    turning.restart()
    turning.run_for(20.0)
    told = [(e.result, e.message) for e in turning.store.events(cluster="loader") if e.kind == "task"]
    assert told == [("failed", "exit 3"), ("done", "completed: exit 0")]


def test_a_run_that_ended_while_no_loop_was_there_is_told_by_the_next(turning: Turning) -> None:
    works = Works(turning)
    turning.start()
    turning.save("loader", task())
    works.until(lambda: bool(works.running()))
    turning.end()
    turning.engine.crash(record(turning).id, 0)
    turning.start()
    turning.run_for(20.0)
    assert [e.message for e in turning.store.events(cluster="loader") if e.kind == "task"] == ["completed: exit 0"]


# ------------------------------------------------------------ a crash between any two calls


@dataclass(frozen=True)
class Scenario:
    """`codes` end the runs, `runs` is how many there are in all. `change` is made while the first is running."""

    codes: tuple[int, ...] = ()
    runs: int = 1
    change: Callable[[Turning], None] | None = None


def _change(world: Turning) -> None:
    world.save("loader", task(colour="red"))


def _change_stubborn(world: Turning) -> None:
    world.engine.stubborn |= {box.id for box in world.ours("loader")}
    _change(world)


SCENARIOS = {
    "the first run": Scenario(),
    "a failure and its repeat": Scenario(codes=(3,), runs=2),
    "another revision while it runs": Scenario(runs=2, change=_change),
    "another revision while it runs and ignores SIGTERM": Scenario(runs=2, change=_change_stubborn),
}


@contextmanager
def played(root: Path, scenario: Scenario, life: Life) -> Iterator[tuple[Turning, Works]]:
    """The scenario up to its end, with another process where the first one died."""
    world = Turning(root)
    try:
        works = Works(world, codes=list(scenario.codes))
        changed = scenario.change is None
        world.start(life)
        world.save("loader", task(image=BASE))
        for _ in range(MOST_STEPS):
            if life.dead and world.life is life:
                world.restart()
            if not changed and works.running() and scenario.change is not None:
                scenario.change(world)
                changed = True
            works.step()
            ended = len(works.ended_at) >= len(scenario.codes) + 1
            if changed and ended and world.quiet():
                break
        world.run_for(15.0)
        yield world, works
    finally:
        world.end()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_boundary_neither_doubles_a_run_nor_loses_one(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scenario = SCENARIOS[name]
    life = Life()
    with played(tmp_path_factory.mktemp("run"), scenario, life) as (world, works):
        assert len(works.started_at) == scenario.runs, world.picture()
    assert life.seen
    for boundary, times in sorted(life.seen.items()):
        for turn in range(1, times + 1):
            with played(tmp_path_factory.mktemp("run"), scenario, Life(boundary, turn)) as (world, works):
                assert world.quiet(), f"{boundary} {turn}: {world.picture()}"
                assert (record(world).state, record(world).exit_code) == (EngineState.EXITED, 0)
                assert len(works.started_at) == scenario.runs, f"{boundary} {turn}"
                assert world.most_running["loader"] == 1, f"{boundary} {turn}"
