"""An engine that is restarted, killed, or hangs under a running loop: nothing is done while it is away."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.private_engine import PrivateEngine
from tests.support.spec_text import SLIM, spec

pytestmark = [pytest.mark.engine, pytest.mark.private_engine, pytest.mark.timeout(180)]

LONG_SECONDS = 60.0


@pytest.fixture
def loop(engine: str, private_engine: PrivateEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop inside the private engine's namespaces, with two instances ready."""
    private_engine.load(SLIM, source=engine)
    made = LoopProcess(
        private_engine.url, tmp_path_factory.mktemp("loop"), inside=private_engine.inside, options=("--resync", "2s")
    )
    try:
        made.save("web", spec(2))
        made.start()
        made.until_ready("web", 2, seconds=LONG_SECONDS)
        yield made
    finally:
        if made.running:
            made.kill()
        made.docker.close()


def away(loop: LoopProcess) -> None:
    """Wait until the loop says that the engine doesn't answer."""
    loop.until(lambda: bool(loop.status().engine_problem), LONG_SECONDS, "the outage is noticed")


def done_between(loop: LoopProcess, began: float, ended: float) -> list[str]:
    """Actions that were done in this time."""
    kinds = {"create", "remove", "terminate", "kill"}
    found = [e for e in loop.events() if e.kind in kinds and began < e.at < ended and not e.message]
    return [f"{event.kind} {event.subject}" for event in found]


def test_an_engine_that_is_restarted_killed_or_hangs_is_waited_for(
    loop: LoopProcess, private_engine: PrivateEngine
) -> None:
    before = loop.containers("web")
    private_engine.stop()
    away(loop)
    began = time.time()
    assert loop.running
    ended = time.time()
    private_engine.start()  # without live-restore its containers died with it
    loop.until_ready("web", 2, seconds=LONG_SECONDS)
    loop.until_settled(LONG_SECONDS)
    assert done_between(loop, began, ended) == []
    after = loop.containers("web", every=True)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())

    loop.save("web", spec(4))
    loop.until(lambda: len(loop.containers("web", every=True)) >= 3, what="it is creating")
    private_engine.kill()
    away(loop)
    private_engine.start()
    loop.until_ready("web", 4, seconds=LONG_SECONDS)
    loop.until_settled(LONG_SECONDS)
    assert loop.containers("web", every=True) == loop.containers("web")
    assert loop.numbers("web") == [1, 2, 3, 4]

    before = loop.containers("web", every=True)
    private_engine.freeze()
    try:
        away(loop)
        began = time.monotonic()
        assert loop.stop() == 0
        assert time.monotonic() - began <= 2.0
    finally:
        private_engine.thaw()
    loop.start()
    loop.until_settled(LONG_SECONDS)
    assert loop.containers("web", every=True) == before


def test_containers_that_survive_their_engine_are_kept(loop: LoopProcess, private_engine: PrivateEngine) -> None:
    (private_engine.root / "daemon.json").write_text(json.dumps({"live-restore": True}))
    private_engine.restart()
    loop.until_ready("web", 2, seconds=LONG_SECONDS)
    loop.until_settled(LONG_SECONDS)
    before = loop.containers("web", every=True)
    for end in (private_engine.kill, private_engine.stop):
        end()
        away(loop)
        private_engine.start()
        loop.until(lambda: not loop.status().engine_problem, LONG_SECONDS, "it answers again")
        loop.until_settled(LONG_SECONDS)
        assert loop.containers("web", every=True) == before


def test_a_completed_task_outlives_its_engine_and_a_run_that_died_with_it_is_repeated(
    loop: LoopProcess, private_engine: PrivateEngine
) -> None:
    task = f"kind: TaskSpec\nimage: {SLIM}\ncommand: "
    loop.save("done", f"{task}[echo, done]\n")
    loop.save(
        "slow",
        f'{task}[sh, -c, "test -e /data/tried || {{ touch /data/tried; sleep 300; }}"]\nvolumes: ["data:/data"]\n',
    )
    loop.until_ready("done", 1, seconds=LONG_SECONDS)
    loop.until(lambda: bool(loop.containers("slow")), LONG_SECONDS, "it runs")
    (record,) = loop.containers("done", every=True).values()
    private_engine.kill()
    away(loop)
    private_engine.start()
    loop.until_ready("slow", 1, seconds=LONG_SECONDS)
    loop.until_settled(LONG_SECONDS)
    assert [*loop.containers("done", every=True).values()] == [record]
    assert [event.result for event in loop.events("slow", "task")] == ["failed", "done"]
    assert [event.result for event in loop.events("done", "task")] == ["done"]
