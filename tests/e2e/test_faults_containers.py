"""What befalls containers from outside: killed, removed, frozen, crashing, and strangers under our names."""

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import docker
import pytest

from reconciler.plan.status import Verdict
from reconciler.state import labels as keys
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, SLIM, spec

pytestmark = pytest.mark.engine


@contextmanager
def cluster(loop: LoopProcess, name: str, text: str, size: int) -> Iterator[dict[str, str]]:
    """A ready cluster (its containers, name to id), gone afterwards."""
    loop.save(name, text)
    try:
        loop.until_ready(name, size)
        yield loop.containers(name)
    finally:
        delete(loop, name)


def delete(loop: LoopProcess, name: str) -> None:
    """By name, so that it isn't held as a part of a greater deletion together with the test's before."""
    assert loop.cli("delete", name).code == 0
    loop.until_gone(name)


def replaced(loop: LoopProcess, name: str, before: dict[str, str], victim: str) -> None:
    """Wait until the victim's number is held by another container; all others must be the same."""
    loop.until(lambda: loop.containers(name).get(victim, before[victim]) != before[victim], 20, f"{victim} is replaced")
    loop.until_ready(name, len(before))
    after = loop.containers(name, every=True)
    assert {key for key in before if before[key] != after.get(key)} == {victim}
    assert after.keys() == before.keys()


def test_one_that_is_killed_is_replaced_under_its_number_and_no_other(loop: LoopProcess) -> None:
    with cluster(loop, "kill", spec(3), 3) as before:
        victim = f"{loop.env}-kill-2"
        loop.docker.kill(victim)
        replaced(loop, "kill", before, victim)


def test_one_that_is_removed_is_replaced_and_no_other(loop: LoopProcess) -> None:
    """Under its number, or under the next one where the engine is still busy with its removal."""
    with cluster(loop, "gone", spec(3), 3) as before:
        victim = before.pop(f"{loop.env}-gone-1")
        loop.docker.remove_container(victim, force=True)
        loop.until(lambda: victim not in loop.containers("gone", every=True).values(), what="it is gone")
        loop.until(lambda: len(loop.containers("gone", every=True)) == 3, what="its successor is made")
        loop.until_ready("gone", 3)
        after = loop.containers("gone", every=True)
        assert before.items() <= after.items()
        assert after.keys() - before.keys() <= {f"{loop.env}-gone-1", f"{loop.env}-gone-4"}
        assert len(after) == 3


def test_one_that_is_frozen_is_replaced_and_no_other(loop: LoopProcess) -> None:
    health = "health: {heartbeat: {interval: 300ms, misses: 3}, suspect: 300ms}"
    text = spec(3, health, image=BASE).replace("command: [sleep, infinity]\n", "")
    with cluster(loop, "freeze", text, 3) as before:
        victim = f"{loop.env}-freeze-3"
        loop.docker.pause(victim)
        replaced(loop, "freeze", before, victim)
        created = loop.events("freeze", "create")[-1]
        assert created.cause.startswith("lost: no heartbeat for")


@contextmanager
def cut_off(loop: LoopProcess, containers: Iterable[str]) -> Iterator[None]:
    """No packet to the heartbeat listener leaves these containers: a rule in their own namespaces."""
    rule = ["OUTPUT", "-p", "tcp", "--dport", "7070", "-j", "DROP"]
    pids = [str(loop.inspect(container)["State"]["Pid"]) for container in containers]
    for pid in pids:
        subprocess.run(["nsenter", "-t", pid, "-n", "iptables", "-w", "-I", *rule], check=True)
    try:
        yield
    finally:
        for pid in pids:
            subprocess.run(["nsenter", "-t", pid, "-n", "iptables", "-w", "-D", *rule], check=True)


def test_when_all_fall_silent_the_channel_is_suspected_and_nobody_is_replaced(loop: LoopProcess) -> None:
    health = "health: {heartbeat: {interval: 300ms, misses: 3}, suspect: 300ms}"
    text = spec(3, health, image=BASE).replace("command: [sleep, infinity]\n", "")
    with cluster(loop, "mute", text, 3) as before:
        with cut_off(loop, before.values()):
            loop.until(lambda: "3 of 3 instances fell silent together" in loop.status().channel_problem)
            over_at = time.monotonic() + 3.0  # well beyond misses and grace
            loop.until(lambda: time.monotonic() >= over_at, what="the fault is a duration")
            assert loop.containers("mute", every=True) == before
            row = loop.cluster("mute")
            assert row is not None
            assert {one.verdict for one in row.instances} == {Verdict.UNKNOWN}
        loop.until(lambda: loop.status().channel_problem == "", what="beats return, the channel is trusted again")
        loop.until_ready("mute", 3)
        assert loop.containers("mute", every=True) == before


def test_a_crash_loop_is_spaced_and_delays_nobody(loop: LoopProcess) -> None:
    loop.save("crash", spec(1, command="[sh, -c, 'exit 3']"))
    try:
        loop.until(lambda: len(loop.events("crash", "create")) >= 4, 30, "it is started four times")
        with cluster(loop, "calm", spec(1), 1) as before:
            loop.docker.kill(f"{loop.env}-calm-1")
            replaced(loop, "calm", before, f"{loop.env}-calm-1")
        starts = [event.at for event in loop.events("crash", "create")][:4]
        gaps = [later - sooner for sooner, later in pairwise(starts)]
        assert gaps[1] >= 1.0
        assert gaps[2] >= 2.0
        loop.until(lambda: "CrashBackOff" in str(loop.status()), what="the back-off is told")
    finally:
        delete(loop, "crash")


def test_strangers_under_our_names_or_with_forged_labels_are_left_alone(loop: LoopProcess) -> None:
    taken, forged = f"{loop.env}-named-2", f"{loop.env}-forged"
    labels = {
        keys.ENV: loop.env, keys.CLUSTER: "named", keys.NUMBER: "1", keys.ZONE: "default", keys.REVISION: "v000",
        keys.SPEC_HASH: "0" * 12, keys.ROLE: keys.INSTANCE_ROLE,
    }  # fmt: skip
    strangers = []
    try:
        for name, marks in ((taken, {}), (forged, labels)):
            made = loop.docker.create_container(SLIM, ["sleep", "infinity"], name=name, labels=marks)["Id"]
            strangers.append(made)
            loop.docker.start(made)
        loop.save("named", spec(2))
        loop.until(lambda: "isn't ours" in str(loop.status()), what="the conflict is reported")
        loop.until(lambda: f"{forged}: its labels belong to" in str(loop.status().foreign), what="so is the forgery")
        for made in strangers:  # both as before
            assert loop.inspect(made)["State"]["Running"]
        loop.until(lambda: f"{loop.env}-named-1" in loop.containers("named"), what="the other is made")
        began = time.time()
        loop.docker.remove_container(taken, force=True)
        loop.until_ready("named", 2, seconds=40)
        assert [e.subject for e in loop.events("named", "create") if e.at > began and not e.message] == ["named-2"]
    finally:
        for made in strangers:
            with suppress(docker.errors.NotFound):
                loop.docker.remove_container(made, force=True)
        delete(loop, "named")
