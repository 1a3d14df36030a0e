"""Changes of what runs: one at a time, in place, in order, over zones; and failures that disturb nobody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import docker
import docker.errors
import pytest

from reconciler.errors import ReconcilerError
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


class Watcher:
    """Looks at the engine again and again: how many of a cluster's containers ran, how many were ready."""

    def __init__(self, loop: LoopProcess, cluster: str) -> None:
        self.running: list[int] = []
        self.ready: list[int] = []
        self.failure: Exception | None = None
        self._loop, self._cluster = loop, cluster
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self.failure:
            raise self.failure

    def _look(self) -> None:
        client = docker.APIClient(base_url=self._loop.engine_url, version="auto", timeout=30)
        labels = [f"io.reconciler.env={self._loop.env}", f"io.reconciler.cluster={self._cluster}"]
        try:
            while not self._end.wait(0.02):
                self.running.append(len(client.containers(filters={"label": labels})))
                row = self._loop.cluster(self._cluster)
                self.ready.append(row.ready if row else 0)
        except (docker.errors.DockerException, ReconcilerError) as failure:
            self.failure = failure
        finally:
            client.close()


def test_a_new_version_comes_one_at_a_time(loop: LoopProcess) -> None:
    """Never more than one above the size, never one less ready than the size; names follow, order is kept."""
    loop.follow("rolling", spec(3), 3)
    loop.until_settled()
    before = loop.containers("rolling")
    with Watcher(loop, "rolling") as seen:
        loop.follow("rolling", spec(3, "environment: {VERSION: '2'}"), 3)
        loop.until_settled()
    assert max(seen.running) == 4
    assert min(seen.running) >= 3
    assert min(seen.ready) >= 3
    after = loop.containers("rolling")
    assert len(after) == 3
    assert not set(after.values()) & set(before.values())
    row = loop.cluster("rolling")
    assert row is not None
    assert {one.revision for one in row.instances} == {"v001"}


def test_a_change_that_is_taken_back_half_way_keeps_who_was_there(loop: LoopProcess) -> None:
    loop.follow("back", spec(2), 2)
    loop.until_settled()
    before = loop.containers("back")
    loop.save("back", spec(2, image="debian:bookworm-slim", command="[sh, -c, exit 3]"))
    loop.until(lambda: any(e.result == "done" for e in loop.events("back", "create")[2:]), what="one is tried")
    loop.follow("back", spec(2), 2)
    loop.until_settled()
    assert loop.containers("back") == before


def test_data_in_a_volume_survives_the_change(loop: LoopProcess) -> None:
    """With a named volume the old one goes first, since two can't hold it."""
    volume = 'volumes: ["data:/data"]'
    loop.follow("keeper", spec(2, volume, rollout="bake: 0s"), 2)
    for number in (1, 2):
        written = loop.cli("exec", f"keeper{number}", "--", "sh", "-c", f"echo {number} > /data/number")
        assert written.code == 0, written.err
    before = loop.containers("keeper")
    with Watcher(loop, "keeper") as seen:
        loop.follow("keeper", spec(2, volume, "environment: {VERSION: '2'}"), 2)
        loop.until_settled()
    assert max(seen.running) <= 2
    assert min(seen.running) >= 1
    assert not set(loop.containers("keeper").values()) & set(before.values())
    for number in (1, 2):
        ran = loop.cli("exec", f"keeper-{number}", "--", "cat", "/data/number")
        assert (ran.code, ran.out) == (0, f"{number}\n"), ran.err
    (loop.specs / "keeper.yaml").unlink()
    loop.until_gone("keeper")
    volumes = loop.docker.volumes(filters={"name": f"{loop.env}-keeper"})["Volumes"]
    assert sorted(v["Name"] for v in volumes) == [f"{loop.env}-keeper-1-data", f"{loop.env}-keeper-2-data"]


def test_instances_start_in_order_where_it_is_asked_for(loop: LoopProcess) -> None:
    loop.follow("ordered", spec(3, "start: ordered"), 3)
    steps = [
        (e.kind, e.subject) for e in loop.events("ordered")
        if e.kind == "create" or (e.kind == "publish" and e.cause == "ready")
    ]  # fmt: skip
    wanted = [(kind, f"ordered-{n}") for n in (1, 2, 3) for kind in ("create", "publish")]
    assert steps == wanted


def test_a_cluster_waits_for_what_it_depends_on(loop: LoopProcess) -> None:
    """Also for one that does not exist yet; `validate` calls that an error."""
    loop.save("front", spec(1, "depends_on: [backend]"))
    loop.until(lambda: "backend" in loop.condition("front", "Progressing"), what="front says what it waits for")
    assert not loop.containers("front", every=True)
    checked = loop.cli("validate", loop.specs)
    assert checked.code == 1
    assert "front.yaml" in checked.err
    loop.save("backend", spec(1, "start: ordered"))
    loop.until_ready("backend", 1)
    loop.until_ready("front", 1)
    kinds = [(e.kind, e.cluster) for e in loop.events() if e.cluster in ("front", "backend")]
    assert kinds.index(("publish", "backend")) < kinds.index(("create", "front"))


def test_instances_move_when_the_zones_change(loop: LoopProcess) -> None:
    loop.follow("zoned", spec(4, "zones: [az1, az2]"), 4)
    assert zones(loop) == {"az1": 2, "az2": 2}
    before = loop.containers("zoned")
    with Watcher(loop, "zoned") as seen:
        loop.follow("zoned", spec(4, "zones: [az1, az2, az3, az4]"), 4)
        loop.until(lambda: set(zones(loop).values()) == {1}, what="one in each zone")
        loop.until_settled()
    assert zones(loop) == {"az1": 1, "az2": 1, "az3": 1, "az4": 1}
    assert len(set(loop.containers("zoned").values()) & set(before.values())) == 2
    assert max(seen.running) <= 5
    assert min(seen.ready) >= 4
    loop.follow("zoned", spec(0), 0)


def zones(loop: LoopProcess) -> dict[str, int]:
    row = loop.cluster("zoned")
    found = [one.zone for one in row.instances] if row else []
    return {zone: found.count(zone) for zone in found}


@contextmanager
def steady(loop: LoopProcess) -> Iterator[None]:
    """Another cluster beside, which is scaled meanwhile without delay and otherwise left alone."""
    loop.save("steady", spec(1))
    loop.until_ready("steady", 1)
    before = loop.containers("steady")
    yield
    loop.follow("steady", spec(2), 2, seconds=10)
    assert before.items() <= loop.containers("steady").items()
    loop.follow("steady", spec(1), 1, seconds=10)


def test_a_command_that_ends_at_once_is_tried_again_with_longer_and_longer_waits(loop: LoopProcess) -> None:
    with steady(loop):
        loop.save("crashing", spec(1, command="['false']"))
        loop.until(lambda: len(loop.events("crashing", "create")) >= 4, what="it is tried again")
        loop.until(lambda: "CrashBackOff" in loop.condition("crashing", "Degraded"), what="status says so")
        assert "CrashBackOff" in loop.cli("status", "crashing").out
    starts = [event.at for event in loop.events("crashing", "create")[:4]]
    assert starts[2] - starts[1] >= 1.0
    assert starts[3] - starts[2] >= 2.0
    loop.follow("crashing", spec(1), 1)
    assert loop.condition("crashing", "Degraded").startswith("False")


def test_an_image_that_can_not_be_had_is_told_and_disturbs_nobody(loop: LoopProcess) -> None:
    with steady(loop):
        loop.save("imageless", spec(1, "pull: never", image="nobody/has-this:1"))
        loop.until(lambda: loop.condition("imageless", "Degraded").startswith("True Image"), what="it is told")
        assert "nobody/has-this:1" in loop.cli("status", "imageless").out
    loop.follow("imageless", spec(1), 1)
