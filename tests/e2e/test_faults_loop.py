"""What may befall the loop's own process, its state and its directory: nothing that runs is touched for it."""

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = pytest.mark.engine

END_SECONDS = 2.0
BEATING = ("health: {heartbeat: {interval: 300ms, misses: 3}, suspect: 300ms}",)


@pytest.fixture
def loop(engine: str, tmp_path: Path) -> Iterator[LoopProcess]:
    """A loop of the test's own, not started yet; its environment is gone afterwards."""
    made = LoopProcess(engine, tmp_path, options=("--resync", "1s"))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def tmpfs(at: Path, size: str) -> Iterator[None]:
    """A small file system at `at`."""
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def actions(loop: LoopProcess) -> list[str]:
    """What loops of this environment have done, but for names."""
    kinds = {"create", "remove", "terminate", "kill", "pull"}
    return [f"{event.kind} {event.subject}" for event in loop.events() if event.kind in kinds]


def test_ten_restarts_and_ten_kills_of_a_steady_loop_do_nothing(loop: LoopProcess) -> None:
    loop.save("web", spec(2))
    loop.start()
    loop.until_ready("web", 2)
    before, done = loop.containers(every=True), actions(loop)
    for turn in range(10):
        if turn % 2:
            loop.kill()
        else:
            began = time.monotonic()
            assert loop.stop() == 0
            assert time.monotonic() - began <= END_SECONDS
        assert loop.containers(every=True) == before
        loop.start()
    loop.until_settled()
    assert loop.containers(every=True) == before
    assert actions(loop) == done


def test_sigterm_in_the_middle_of_creating_and_of_a_pull_ends_the_loop_in_time(loop: LoopProcess) -> None:
    loop.save("far", spec(1, image="10.255.255.1/none:1"))
    loop.save("web", spec(6))
    loop.start()
    loop.until(lambda: len(loop.containers("web", every=True)) >= 1, what="a creation has begun")
    began = time.monotonic()
    assert loop.stop() == 0
    assert time.monotonic() - began <= END_SECONDS
    assert "Traceback" not in loop.log_tail()
    (loop.specs / "far.yaml").unlink()
    loop.start()
    loop.until_ready("web", 6)
    loop.until_settled()
    assert loop.numbers("web") == [1, 2, 3, 4, 5, 6]
    assert len(loop.containers(every=True)) == 6


def test_a_loop_that_was_stopped_for_longer_than_every_heartbeat_limit_replaces_nobody(loop: LoopProcess) -> None:
    loop.save("web", spec(2, *BEATING, image=BASE, command="[]").replace("command: []\n", ""))
    loop.start()
    loop.until_ready("web", 2, seconds=60)
    before, done = loop.containers(every=True), actions(loop)
    loop.freeze()
    over_at = time.monotonic() + 4.0  # twice misses, interval and grace
    loop.until(lambda: time.monotonic() >= over_at, what="the fault is a duration")
    loop.thaw()
    loop.until(lambda: _all_heard(loop), what="beats are heard again")
    loop.until_settled()
    assert loop.containers(every=True) == before
    assert actions(loop) == done


def _all_heard(loop: LoopProcess) -> bool:
    ages = [one.heartbeat_age for row in loop.status().clusters for one in row.instances]
    return all(age is not None and age < 1.0 for age in ages)


def test_a_second_loop_is_refused_and_a_standby_takes_over(loop: LoopProcess, engine: str, tmp_path: Path) -> None:
    loop.save("web", spec(2))
    loop.start()
    loop.until_ready("web", 2)
    before = loop.containers(every=True)
    refused = loop.cli("run", loop.specs, "--state", tmp_path / "other")
    assert refused.code == 1
    assert f"process {loop.pid}" in refused.err
    assert "Traceback" not in refused.err
    standby = LoopProcess(engine, tmp_path / "standby", env=loop.env, options=("--standby",))
    try:
        shutil.copy(loop.specs / "web.yaml", standby.specs / "web.yaml")
        standby.launch()
        loop.kill()
        standby.until_ready("web", 2)
        assert standby.containers(every=True) == before
        waiting = LoopProcess(engine, tmp_path / "third", env=loop.env, options=("--standby",))
        with ExitStack() as stack:
            stack.callback(waiting.docker.close)
            waiting.launch()
            waiting.until(lambda: _handles_signals(waiting.pid), what="the third one waits")
            assert waiting.stop() == 0
        assert standby.stop() == 0
    finally:
        if standby.running:
            standby.kill()
        standby.docker.close()


def test_a_frozen_loop_keeps_its_lock_so_that_two_never_act(loop: LoopProcess, engine: str, tmp_path: Path) -> None:
    loop.save("web", spec(2))
    loop.start()
    loop.until_ready("web", 2)
    standby = LoopProcess(engine, tmp_path / "standby", env=loop.env, options=("--standby",))
    with ExitStack() as stack:
        stack.callback(standby.docker.close)
        loop.freeze()
        stack.callback(loop.thaw)
        refused = standby.cli("run", loop.specs, "--state", tmp_path / "other")
        assert refused.code == 1
        standby.launch()
        standby.until(lambda: _handles_signals(standby.pid), what="it waits")
        victim = f"{loop.env}-web-1"
        dead = loop.containers("web")[victim]
        loop.docker.kill(victim)
        assert loop.containers("web", every=True)[victim] == dead
        loop.thaw()
        loop.until(lambda: loop.containers("web").get(victim, dead) != dead, what="the thawed loop replaces it")
        assert standby.running
        assert standby.stop() == 0
    loop.until_ready("web", 2)
    assert actions(loop).count("create web-1") == 2


def _handles_signals(pid: int) -> bool:
    """SIGTERM is blocked, to be taken by a thread that waits for it."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(fields["SigBlk"], 16) & 1 << (signal.SIGTERM - 1))


def test_a_state_directory_that_is_deleted_costs_nothing_that_runs(loop: LoopProcess) -> None:
    loop.save("web", spec(2))
    loop.start()
    loop.until_ready("web", 2)
    before = loop.containers(every=True)
    shutil.rmtree(loop.state)
    loop.until(lambda: loop.cluster("web") is not None, what="its API is made anew")
    loop.save("more", spec(1))
    loop.until_ready("more", 1)
    assert loop.stop() == 0
    shutil.rmtree(loop.state)
    after = loop.containers(every=True)
    loop.start()
    loop.until_settled()
    assert loop.containers(every=True) == after
    assert before.items() <= after.items()


def _fill(filler: Path) -> None:
    """Until not one block is left."""
    with filler.open("wb", buffering=0) as full, pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        full.writelines(b"\0" * 4096 for _ in range(4096))


def test_a_full_disk_under_the_state_directory_stops_nothing(loop: LoopProcess) -> None:
    with tmpfs(loop.state, "1M"):
        filler = loop.state / "filler"
        loop.save("web", spec(2))
        loop.start()
        loop.until_ready("web", 2)
        _fill(filler)
        loop.save("web", spec(3))
        loop.until_ready("web", 3)
        loop.docker.kill(f"{loop.env}-web-1")
        loop.until(lambda: "died" in "".join(e.cause for e in loop.events(kind="create")), what="it is replaced")
        loop.until_ready("web", 3)
        before = loop.containers(every=True)
        assert loop.stop() == 0
        loop.start()
        loop.until_settled()
        assert loop.containers(every=True) == before
        filler.unlink()
        loop.stop()


def test_a_directory_that_is_gone_unreadable_or_another_removes_nothing(loop: LoopProcess) -> None:
    for name in ("one", "two"):
        loop.save(name, spec(1))
    loop.start()
    loop.until_ready("one", 1)
    loop.until_ready("two", 1)
    before = loop.containers(every=True)
    aside = loop.root / "aside"

    def held(word: str) -> Callable[[], bool]:
        return lambda: any(word in sentence for sentence in loop.status().held)

    loop.specs.rename(aside)
    loop.until(held("can't be read"), what="the vanished directory is noticed")
    loop.docker.kill(f"{loop.env}-one-1")  # healing goes on meanwhile
    one = f"{loop.env}-one-1"
    loop.until(lambda: loop.containers("one").get(one, before[one]) != before[one], what="it is replaced")
    aside.rename(loop.specs)
    loop.until(lambda: not loop.status().held, what="it is trusted again")
    loop.until_ready("one", 1)
    before = loop.containers(every=True)
    with tmpfs(loop.specs, "1M"):
        loop.until(held("another directory"), what="the empty mount is noticed")
        assert loop.containers(every=True) == before
        loop.restart()  # it knows the directory that was watched before from its store
        loop.until(held("another directory"), what="and by the next loop, too")
        assert loop.containers(every=True) == before
    loop.until(lambda: not loop.status().held, what="the directory is itself again")
    loop.until_settled()
    assert loop.containers(every=True) == before


def test_an_emptied_directory_is_held_until_a_person_confirms(loop: LoopProcess) -> None:
    for name in ("one", "two", "three"):
        loop.save(name, spec(1))
    loop.start()
    for name in ("one", "two", "three"):
        loop.until_ready(name, 1)
    before = loop.containers(every=True)
    for name in ("one", "two", "three"):
        (loop.specs / f"{name}.yaml").unlink()
    loop.until(lambda: len(loop.status().held) == 3, what="the deletion is held")
    assert loop.containers(every=True) == before
    assert loop.cli("confirm").code == 0
    loop.until(lambda: not loop.containers(every=True), what="confirmed, it goes on")
