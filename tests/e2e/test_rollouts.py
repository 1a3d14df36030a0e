"""A new version of what runs, by each strategy on the real engine: forward, broken, taken back, and the loop killed.

The commands (`rollout undo`, `pause`, `promote` …) have a file of their own; here the files are edited.
"""

from collections.abc import Callable

import pytest

from reconciler.plan.status import ClusterStatus, Phase, Verdict
from tests.e2e.test_rollout import Watcher
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(150)]

DEADLINE_SECONDS = 4.0
BROKEN = "[sh, -c, exit 3]"
DEADLINE = f"bake: 0s, deadline: {DEADLINE_SECONDS:g}s"


def version(number: int) -> str:
    return f"environment: {{VERSION: '{number}'}}"


def until(loop: LoopProcess, name: str, holds: Callable[[ClusterStatus], bool], what: str, seconds: float = 40) -> None:
    def look() -> bool:
        row = loop.cluster(name)
        return row is not None and holds(row)

    loop.until(look, seconds, what)


def phase(loop: LoopProcess, name: str) -> Phase | None:
    row = loop.cluster(name)
    return row.rollout.phase if row is not None and row.rollout is not None else None


def serving(loop: LoopProcess, name: str) -> set[str]:
    """The revisions to which the cluster's name leads, by the server's own answer."""
    rows = loop.client.lookup(f"{name}.{loop.env}.docker").rows
    return {row.revision for row in rows if row.answers}


def rolled_back(row: ClusterStatus) -> bool:
    return bool(row.rolled_back) and row.ready == row.current == row.desired


def revisions(loop: LoopProcess, name: str) -> list[str]:
    """Of all that run and are to run on."""
    row = loop.cluster(name)
    over = {Verdict.STOPPING, Verdict.DEAD}
    return sorted(one.revision for one in row.instances if one.verdict not in over) if row is not None else []


def kill_one(loop: LoopProcess, name: str, revision: str) -> None:
    """One of this revision, and wait until another one is there in its place."""
    row = loop.cluster(name)
    assert row is not None
    victim = next(one.id for one in row.instances if one.revision == revision)
    loop.docker.kill(victim)
    until(
        loop, name, lambda row: row.ready == row.current == row.desired and victim not in {i.id for i in row.instances},
        "the killed one is back",
    )  # fmt: skip


@pytest.mark.parametrize("strategy", ["rolling", "red-black", "canary"])
def test_a_broken_version_is_taken_back_and_nobody_who_was_healthy_is_missed(loop: LoopProcess, strategy: str) -> None:
    """The file is left as it is, the failed version isn't tried again, not even by the next loop."""
    name = f"broken-{strategy}"
    rollout = f"strategy: {strategy}, {DEADLINE}"
    loop.follow(name, spec(2, rollout=rollout), 2)
    loop.until_settled()
    before = loop.containers(name)
    file = loop.save(name, spec(2, version(2), command=BROKEN, rollout=rollout))
    text = file.read_text()
    with Watcher(loop, name) as seen:
        until(loop, name, rolled_back, "it is rolled back", DEADLINE_SECONDS + 15)
        until(loop, name, lambda row: len(row.instances) == 2, "nobody of the broken version is left")
    assert min(seen.ready) == 2
    assert loop.containers(name) == before
    assert serving(loop, name) == {"v000"}
    assert loop.condition(name, "Degraded").startswith("True RolledBack")
    assert loop.plan().code == 2
    tries = len(loop.events(name, "create"))
    loop.kill()
    loop.start()
    until(loop, name, rolled_back, "the next loop knows of it")
    assert len(loop.events(name, "create")) == tries
    assert file.read_text() == text
    loop.follow(name, spec(2, rollout=rollout), 2)
    loop.until_settled()
    assert loop.containers(name) == before
    loop.follow(name, spec(0, rollout=rollout), 0)


def test_in_place_a_broken_version_costs_one_at_most_and_the_volume_stays(loop: LoopProcess) -> None:
    volume = 'volumes: ["data:/data"]'
    rollout = f"strategy: in-place, {DEADLINE}"
    loop.follow("inplace", spec(2, volume, rollout=rollout), 2)
    for number in (1, 2):
        assert loop.cli("exec", f"inplace{number}", "--", "sh", "-c", f"echo {number} > /data/number").code == 0
    loop.save("inplace", spec(2, volume, version(2), command=BROKEN, rollout=rollout))
    with Watcher(loop, "inplace") as seen:
        until(loop, "inplace", rolled_back, "it is rolled back", DEADLINE_SECONDS + 20)
    assert min(seen.ready) >= 1
    assert max(seen.running) <= 2
    assert revisions(loop, "inplace") == ["v000", "v000"]
    for number in (1, 2):
        assert loop.cli("exec", f"inplace-{number}", "--", "cat", "/data/number").out == f"{number}\n"
    (loop.specs / "inplace.yaml").unlink()
    loop.until_gone("inplace")


def test_an_image_that_cant_be_had_costs_nobody_anything(loop: LoopProcess) -> None:
    rollout = DEADLINE
    loop.follow("lacking", spec(2, rollout=rollout), 2)
    loop.until_settled()
    before = loop.containers("lacking")
    loop.save("lacking", spec(2, "pull: never", image="nobody/has:this", rollout=rollout))
    until(loop, "lacking", rolled_back, "it is rolled back", DEADLINE_SECONDS + 15)
    assert "nobody/has:this" in loop.condition("lacking", "Degraded")
    assert loop.containers("lacking") == before
    loop.follow("lacking", spec(0, rollout=rollout), 0)


def test_red_black_brings_a_whole_group_before_traffic_moves_and_returns_at_once(loop: LoopProcess) -> None:
    rollout = "strategy: red-black, bake: 0s, red-black: {keep: 60s}"
    loop.follow("rb", spec(2, version(1), rollout=rollout), 2)
    loop.until_settled()
    old = loop.containers("rb")
    led: list[set[str]] = []

    def switched() -> bool:
        led.append(serving(loop, "rb"))
        return phase(loop, "rb") is Phase.SWITCHED and led[-1] == {"v001"}

    with Watcher(loop, "rb") as seen:
        loop.save("rb", spec(2, version(2), rollout=rollout))
        loop.until(switched, 40, "traffic has moved")
    assert max(seen.running) == 4
    assert all(led), "traffic led to nobody"
    assert old.items() <= loop.containers("rb").items()
    loop.save("rb", spec(2, version(1), rollout=rollout))
    loop.until(lambda: serving(loop, "rb") == {"v000"}, 10, "traffic is back")
    assert old.items() <= loop.containers("rb").items()
    loop.follow("rb", spec(2, version(1), rollout="strategy: red-black, bake: 0s, red-black: {keep: 0s}"), 2)
    loop.until_settled()
    assert loop.containers("rb") == old


def test_a_canary_waits_for_its_time_and_the_old_ones_are_healed_meanwhile(loop: LoopProcess) -> None:
    rollout = "strategy: canary, bake: 0s, canary: {size: 1}"
    loop.follow("birds", spec(3, version(1), rollout=rollout), 3)
    loop.until_settled()
    loop.save("birds", spec(3, version(2), rollout=rollout))
    until(loop, "birds", lambda row: bool(row.awaits_person) and len(row.instances) == 3, "the canary stands")
    assert revisions(loop, "birds") == ["v000", "v000", "v001"]
    kill_one(loop, "birds", "v000")
    assert revisions(loop, "birds") == ["v000", "v000", "v001"]
    timed = "strategy: canary, bake: 0s, canary: {size: 1, after: 1s}"
    loop.follow("birds", spec(3, version(2), rollout=timed), 3)
    loop.until_settled()
    assert revisions(loop, "birds") == ["v001"] * 3


def test_a_paused_rollout_stands_still_and_goes_on(loop: LoopProcess) -> None:
    loop.follow("paused", spec(3, version(1)), 3)
    loop.until_settled()
    loop.save("paused", spec(3, version(2), rollout="bake: 0s, paused: true"))
    until(loop, "paused", lambda row: bool(row.awaits_person), "it is paused")
    assert phase(loop, "paused") is Phase.PAUSED
    assert revisions(loop, "paused") == ["v000"] * 3
    kill_one(loop, "paused", "v000")
    assert revisions(loop, "paused") == ["v000"] * 3
    loop.follow("paused", spec(3, version(2)), 3)
    assert revisions(loop, "paused") == ["v001"] * 3


@pytest.mark.parametrize("strategy", ["rolling", "red-black", "canary", "in-place"])
def test_a_loop_that_is_killed_in_the_middle_is_taken_up_by_the_next(loop: LoopProcess, strategy: str) -> None:
    name = f"killed-{strategy}"
    more = {"red-black": ", red-black: {keep: 0s}", "canary": ", canary: {size: 1, after: 500ms}"}.get(strategy, "")
    rollout = f"strategy: {strategy}, bake: 0s{more}"
    loop.follow(name, spec(3, version(1), rollout=rollout), 3)
    loop.until_settled()
    with_both = {"v000", "v001"}
    loop.save(name, spec(3, version(2), rollout=rollout))
    loop.until(lambda: with_both <= {*revisions(loop, name)}, 20, "it has begun")
    loop.kill()
    assert len(loop.containers(name)) >= (2 if strategy == "in-place" else 3)
    loop.start()
    loop.until_ready(name, 3)
    loop.until_settled()
    assert revisions(loop, name) == ["v001"] * 3
    loop.follow(name, spec(0, version(2), rollout=rollout), 0)


def test_a_newer_version_in_the_middle_wins_and_the_way_back_is_to_the_last_good_one(loop: LoopProcess) -> None:
    rollout = f"bake: 0s, surge: 1, deadline: {DEADLINE_SECONDS:g}s"
    loop.follow("newer", spec(2, version(1), rollout=rollout), 2)
    loop.until_settled()
    loop.save("newer", spec(2, version(2), command="[sh, -c, sleep 0.5; exit 1]", rollout=rollout))
    loop.until(lambda: "v001" in revisions(loop, "newer"), 20, "the second version is tried")
    loop.save("newer", spec(2, version(3), command=BROKEN, rollout=rollout))
    until(loop, "newer", rolled_back, "the third is rolled back", DEADLINE_SECONDS + 20)
    assert revisions(loop, "newer") == ["v000", "v000"]
    loop.follow("newer", spec(2, version(4), rollout=rollout), 2)
    loop.until_settled()
    assert revisions(loop, "newer") == ["v003", "v003"]
