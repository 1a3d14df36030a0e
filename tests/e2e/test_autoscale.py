"""Sizes that follow a metric on the real engine: told by the image's own agent, and by Docker's statistics."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(150)]

FOLLOWS = "autoscale: {{min: 1, max: 3, metric: {metric}, target: {target}, cooldown_out: 1s, cooldown_in: 3s}}"
MEASURED = FOLLOWS.format(metric="cpu", target=60).replace("max: 3", "max: 2")
BEATING = "health: {heartbeat: {interval: 500ms, misses: 4}}"
WRITE = "echo 'jobs {jobs}' > /run/metrics/new && mv /run/metrics/new /run/metrics/metrics"
FORGET = "rm -f /run/metrics/metrics"
# Works without a pause until the file /tmp/calm is there.
WORK = '[sh, -c, "while :; do [ -e /tmp/calm ] && sleep 0.2; done"]'


def run_in(loop: LoopProcess, container: str, script: str) -> None:
    """Run a script in a container; one that has just gone has nothing to do."""
    client = docker.APIClient(base_url=loop.engine_url, version="auto", timeout=30)
    try:
        made = client.exec_create(container, ["sh", "-c", script])
        client.exec_start(made["Id"])
    except (docker.errors.NotFound, docker.errors.APIError) as error:
        if "is not running" not in str(error) and "No such" not in str(error):
            raise
    finally:
        client.close()


@pytest.fixture(scope="module", autouse=True)
def plain(loop: LoopProcess) -> None:
    """A busy cluster without agents, begun first, so that its time goes by while others are looked at."""
    loop.save("plain", spec(1, MEASURED, "resources: {cpus: 0.2}", command=WORK))


@contextmanager
def jobs(loop: LoopProcess, cluster: str, total: float) -> Iterator[None]:
    """So many jobs, which the instances share: each tells its part, as a real application would."""
    over = threading.Event()

    def share() -> None:
        while not over.is_set():
            there = loop.containers(cluster)
            for container in there:
                run_in(loop, container, WRITE.format(jobs=total / len(there)))
            over.wait(0.2)

    thread = threading.Thread(target=share)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def until_size(loop: LoopProcess, name: str, size: int) -> None:
    """Until scaling wants so many, and they are there and serve."""
    loop.until_ready(name, size, seconds=40.0)
    loop.until_settled()


def all_tell_processors(loop: LoopProcess, name: str) -> bool:
    row = loop.cluster(name)
    return row is not None and all(one.cpu is not None for one in row.instances)


def scale_events(loop: LoopProcess, cluster: str) -> list[str]:
    return [event.cause for event in loop.events(cluster, "scale")]


def test_instances_that_tell_their_load_are_more_and_fewer(loop: LoopProcess) -> None:
    """Held where nobody tells it, out, over a restart of the loop, held again, in; the plan has nothing to do."""
    follows = FOLLOWS.format(metric="jobs", target=10)
    loop.follow("shop", spec(1, BEATING, follows, image=BASE), 1)
    loop.until(lambda: "MetricMissing" in loop.condition("shop", "Scaling"), what="nobody tells it, and that is said")
    with jobs(loop, "shop", 30.0):
        until_size(loop, "shop", 3)
        row = loop.cluster("shop")
        assert row is not None
        assert row.scale is not None
        assert row.scale.reason == "jobs 30 per instance, target 10: 1 -> 3 (max)"
        loop.until(lambda: all_tell_processors(loop, "shop"), what="beats carry processors in use, too")
        plan = loop.plan()
        assert (plan.code, row.desired) == (0, 3), plan.out
        before = loop.containers("shop")
        assert loop.stop() == 0
        offline = loop.plan()
        assert offline.code == 0, offline.out
        loop.start()
        loop.until(lambda: loop.condition("shop", "Scaling").startswith("True"), what="the metric is told again")
        assert loop.containers("shop") == before
    for container in loop.containers("shop"):
        run_in(loop, container, FORGET)
    loop.until(lambda: "MetricMissing" in loop.condition("shop", "Scaling"), what="nobody tells it any more")
    assert loop.containers("shop") == before
    with jobs(loop, "shop", 8.0):
        until_size(loop, "shop", 1)
    told = scale_events(loop, "shop")
    assert told[:3] == ["its file says 1", "jobs 30 per instance, target 10: 1 -> 3 (max)", "3 were there"]
    assert told[3].startswith("jobs ")
    assert told[-1].endswith(" -> 1 (min)")


def test_containers_without_an_agent_are_measured_by_the_engine(loop: LoopProcess) -> None:
    until_size(loop, "plain", 2)
    (out,) = [cause for cause in scale_events(loop, "plain") if "target" in cause]
    assert out.startswith("cpu ")
    assert out.endswith(" % per instance, target 60 %: 1 -> 2 (max)")
    for container in loop.containers("plain"):
        run_in(loop, container, "touch /tmp/calm")
    until_size(loop, "plain", 1)
    untold = FOLLOWS.format(metric="requests", target=5)
    loop.save("plain", spec(1, untold, "resources: {cpus: 0.2}", command=WORK))
    loop.until(lambda: "its image has no agent" in loop.condition("plain", "Scaling"), what="it can't be known")
