"""Policies and the keeper beside a real loop: who is killed, who isn't and why, and what becomes of dead helpers."""

import time
from contextlib import closing

import pytest

from reconciler.engine.docker import connect
from tests.support.fault_helpers import Victim
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = pytest.mark.engine

POLICY = """
chaos:
  enabled: true
  monkey: {{unleashed: {unleashed}, mean_time: 1s, min_interval: 0s, most_per_day: {most}, except: {{numbers: [1]}}}}
"""


def policy(*, unleashed: bool, most: int) -> str:
    return POLICY.format(unleashed="true" if unleashed else "false", most=most)


def told(loop: LoopProcess) -> list[str]:
    """What events tell of chaos, oldest first."""
    return [f"{event.subject}: {event.cause}" for event in loop.events(kind="chaos")]


def kills(loop: LoopProcess) -> list[str]:
    return [line.partition(":")[0] for line in told(loop) if ": terminated by its monkey policy" in line]


@pytest.fixture(autouse=True)
def _ready(loop: LoopProcess) -> None:
    """One cluster for all of them, made once."""
    if loop.cluster("web") is None:
        loop.save("web", spec(2))
    loop.until_ready("web", 2)


@pytest.mark.parametrize("removed", [False, True], ids=["killed", "killed and removed"])
def test_what_a_dead_helper_left_is_undone_and_told(loop: LoopProcess, removed: bool) -> None:
    row = loop.status().clusters[0].instances[0]
    fault_id = "gone" if removed else "killed"
    with closing(connect(loop.engine_url)) as engine:
        victim = Victim(engine=engine, env=loop.env, id=row.id, name="web-1", address="")
        helper = victim.beside("freeze", fault_id, until=time.time() + 60.0)
        with closing(helper.conversation):
            helper.bite()
        assert "T" in victim.processes().values()
        loop.until(lambda: [fault.id for fault in loop.status().faults] == [fault_id], what="it is seen")
        engine.signal(helper.id, "SIGKILL")
        if removed:
            engine.remove(helper.id)
        loop.until(lambda: told(loop)[-1] == f"freeze {fault_id}: ended", what="it is over")
        assert "T" not in victim.processes().values()
        assert engine.faults(loop.env) == ()
    begins, undone, _ = told(loop)[-3:]
    assert begins.startswith(f"freeze {fault_id}: begins: freeze web-1; web-1, until ")
    assert undone == f"freeze {fault_id}: its helper beside web-1 was killed: what it left is undone"


def test_a_policy_tells_waits_for_health_kills_and_outlives_the_loop(loop: LoopProcess) -> None:
    before = loop.containers("web")
    loop.save("web", spec(2) + policy(unleashed=False, most=1))
    leashed = "web-2: leashed: its monkey policy would terminate it now (mean time 1s)"
    loop.until(lambda: leashed in told(loop), what="the leashed one tells")
    loop.save("ill", "image: reconciler.test/nothing:here\npull: never\nsize: 1\n")
    loop.until(lambda: loop.cluster("ill") is not None, what="there is an outage")
    loop.save("web", spec(2) + policy(unleashed=True, most=2))
    outage = "web: not terminating: the environment isn't healthy: ill: "
    loop.until(lambda: any(line.startswith(outage) for line in told(loop)), what="nobody is killed, and why is told")
    assert loop.containers("web") == before
    assert loop.cli("delete", "ill").code == 0
    loop.until(lambda: kills(loop) == ["web-2", "web-2"], 30, "two are killed, one after the other")
    loop.restart()
    loop.until_ready("web", 2)
    enough = "web: not terminating: it had 2 today, and 2 a day are the most"
    loop.until(lambda: told(loop)[-1] == enough, what="the new loop knows of both")
    assert loop.containers("web")[f"{loop.env}-web-1"] == before[f"{loop.env}-web-1"]


def test_without_a_loop_a_fault_is_in_the_status_and_goes_with_the_environment(loop: LoopProcess) -> None:
    row = loop.status().clusters[0].instances[0]
    assert loop.stop() == 0
    with closing(connect(loop.engine_url)) as engine:
        victim = Victim(engine=engine, env=loop.env, id=row.id, name="web-1", address="")
        with closing(victim.beside("net", "alone", until=time.time() + 60.0).conversation):
            (fault,) = loop.cli("status", "-o", "json").json()["faults"]
    assert (fault["id"], fault["instances"], fault["leftover"]) == ("alone", ["web-1"], False)
    assert "net web-1: web-1, until " in loop.cli("status").out
