"""A mistake of ours, a missing file, a directory or a store that is not what it was: the loop outlives it all."""

import logging
import threading
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any, cast

import pytest

from reconciler.errors import TransientError
from reconciler.loop.runner import Loop
from tests.loop.turning import PLAIN, Turning


def spec(size: int, *more: str) -> str:
    return "\n".join([f"image: {PLAIN}", f"size: {size}", "stop: {grace: 1s, drain: 0s}", *more]) + "\n"


def ready(turning: Turning, *clusters: str) -> dict[str, dict[str, str]]:
    turning.start()
    for name in clusters:
        turning.save(name, spec(2))
    turning.settle()
    return {name: turning.ids(name) for name in clusters}


def test_a_pass_that_fails_is_told_and_tried_again_after_a_back_off(
    turning: Turning, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = ready(turning, "web")
    real, left = turning.loop._cycle.turn, [3]

    def wrong(*arguments: Any, **more: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise ZeroDivisionError("made to fail")
        return real(*arguments, **more)

    monkeypatch.setattr(turning.loop._cycle, "turn", wrong)
    turning.engine.crash(turning.ours()[0].id)
    assert turning.turn()
    assert "made to fail" in turning.status().engine_problem
    assert [r.levelno for r in caplog.records if "nobody foresaw" in r.message] == [logging.ERROR]
    turning.engine.crash(turning.ours()[1].id)
    turning.turn()
    assert left == [2], "within the back-off no pass is made"
    for _ in range(3):
        turning.loop._not_before = 0.0
        turning.run_for(60.0)
    turning.settle()
    assert turning.ids().keys() == before["web"].keys()
    assert turning.status().engine_problem == ""
    told = [e for e in turning.store.events(limit=1000) if e.kind == "loop" and e.subject == "pass"]
    assert [event.cause.split(" ")[0] for event in told] == ["a", "passes"]


def test_a_service_that_cannot_be_looked_after_ends_nothing(turning: Turning) -> None:
    ready(turning, "web")
    calls: list[str] = []

    def broken() -> None:
        calls.append("broken")
        raise TransientError("the network can't be made now")

    around = turning.loop._around
    cast("Any", turning.loop)._around = around.__class__(
        **{f: getattr(around, f) for f in around.__dataclass_fields__}
        | {"guardians": (broken, lambda: calls.append("sound"))}
    )
    turning.run_for(25.0)
    assert calls[:2] == ["broken", "sound"]
    turning.save("web", spec(3))
    turning.settle()
    assert len(turning.ids()) == 3
    told = [event for event in turning.store.events(limit=1000) if event.kind == "service"]
    assert len(told) == 1


@contextmanager
def running(loop: Loop) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield thread
    finally:
        loop.stop()
        thread.join(5)


def test_a_loop_whose_every_pass_fails_still_ends_when_it_is_told_to(
    turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    turning.start()
    failed = threading.Event()

    def wrong(*arguments: Any, **more: Any) -> Any:
        failed.set()
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr(turning.loop._cycle, "turn", wrong)
    with running(turning.loop) as thread:
        assert failed.wait(5)
        turning.loop.stop()
        thread.join(5)
        assert not thread.is_alive()


def test_another_directory_at_the_next_start_removes_nothing_until_it_is_confirmed(turning: Turning) -> None:
    before = ready(turning, "web")
    turning.end()
    turning.specs.rename(turning.specs.with_name("aside"))
    turning.specs.mkdir()
    turning.start()
    turning.run_for(60.0)
    assert turning.ids() == before["web"]
    assert "another directory than before and lacks web" in turning.status().held[0]
    asked = turning.loop.ask_confirm(None)
    assert turning.turn()
    assert asked.result(0) == ("web",)
    turning.run_for(60.0)
    assert turning.ids() == {}
    assert turning.status().held == ()


def test_another_directory_is_taken_up_at_once_where_nothing_runs_that_it_could_take_away(turning: Turning) -> None:
    ready(turning, "web")
    turning.save("web", spec(0))
    turning.settle()
    turning.end()
    turning.specs.rename(turning.specs.with_name("aside"))
    turning.specs.mkdir()
    turning.save("more", spec(1))
    turning.start()
    turning.settle()
    assert len(turning.ids("more")) == 1
    assert turning.status().held == ()


def test_two_files_for_one_cluster_at_the_start_remove_nothing(turning: Turning) -> None:
    before = ready(turning, "web")
    turning.end()
    (turning.specs / "web.yml").write_text(spec(1), encoding="utf-8")
    turning.start()
    turning.run_for(60.0)
    assert turning.ids() == before["web"]
    assert "has two files" in str(turning.status().problems)
    turning.engine.crash(turning.ours()[0].id)
    turning.run_for(10.0)
    assert len(turning.ids()) == 2
    (turning.specs / "web.yml").unlink()
    turning.settle()
    assert len(turning.ids()) == 2


def test_a_broken_file_never_brings_back_a_cluster_that_was_deleted(turning: Turning) -> None:
    ready(turning, "web", "other")
    turning.delete("web")
    turning.settle()
    turning.end()
    turning.start()
    turning.save("web", "size: [\n")
    turning.run_for(30.0)
    assert turning.ids() == {}
    assert turning.cluster("web").desired == 0


def test_a_file_that_is_broken_at_the_start_leaves_its_last_good_spec_in_force(turning: Turning) -> None:
    before = ready(turning, "web")
    turning.end()
    (turning.specs / "web.yaml").write_text("size: [\n", encoding="utf-8")
    turning.start()
    turning.run_for(30.0)
    assert turning.ids() == before["web"]
    turning.engine.crash(turning.ours()[0].id)
    turning.run_for(10.0)
    assert len(turning.ids()) == 2
    assert turning.ids() != before["web"]


def test_nothing_is_kept_of_clusters_that_came_and_went(turning: Turning) -> None:
    turning.start()
    for number in range(6):
        turning.save(f"c{number}", spec(1))
        turning.engine.failures.fail("start")
        turning.engine.failures.fail("remove")
        turning.settle()
        turning.delete(f"c{number}")
        turning.settle()
    memory, loop = turning.loop._memory, turning.loop
    turning.run_for(130.0)
    kept: list[Sized] = [memory.sightings, memory.setbacks, memory.rollouts, memory.pulled]
    kept += [loop._history._kept, loop._history._rollouts, loop._history.versions, loop._history._remembered]
    kept += [memory._stops, memory._confirmed, memory._retired, memory._made, memory._removed]
    kept += [loop._chronicle._said, loop._scanner._known, loop._snapshot.plans, loop._snapshot.transitions]
    assert [len(one) for one in kept] == [0] * len(kept)
    assert loop._scanner._texts == {}
    assert turning.names.published() == {}
    assert turning.ears._register._by_name == {}
    assert turning.store.revisions() == {}
    assert turning.store.last_good() == {}
