"""The whole loop as a user of the engine's group without root: names come from a container that the loop keeps.

One scenario from a start to `down`, since each part builds on the state that the one before has left.
"""

import json
import os
import shutil
import sqlite3
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest

from reconciler.engine.store import FILE_NAME
from tests.support.dig import dig, dig_inside
from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.spec_text import BASE, spec
from tests.support.unprivileged import as_user

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
TTL_SECONDS = 5.0


class Asker:
    """Asks for one name over and over in a thread, and keeps every answer."""

    def __init__(self, name: str, server: str) -> None:
        self.answers: list[set[str]] = []
        self._name, self._server = name, server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            self.answers.append(dig(self._name, server=self._server).addresses)


@pytest.fixture
def loop(engine: str) -> Iterator[LoopProcess]:
    room = Path(tempfile.mkdtemp(prefix="reconciler-user-"))
    process = LoopProcess(engine, room, inside=as_user(engine, room))
    if os.geteuid() == 0:
        shutil.chown(process.specs, room.stat().st_uid, room.stat().st_gid)
    try:
        yield process
    finally:
        process.close()
        shutil.rmtree(room)


def _rights(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _system(loop: LoopProcess) -> dict[str, str]:
    return {name: id for name, id in loop.containers().items() if name == f"{loop.env}_system_skydns"}


def _instances(loop: LoopProcess) -> dict[str, str]:
    return loop.containers("webapp")


def _address(loop: LoopProcess, container: str) -> str:
    return str(loop.inspect(container)["NetworkSettings"]["Networks"][f"reconciler-{loop.env}"]["IPAddress"])


def _resolved_inside(loop: LoopProcess, container: str, name: str) -> set[str]:
    """As a program in the container does, which leaves the zone out."""
    made = loop.docker.exec_create(container, ["getent", "ahostsv4", name])
    return {line.split()[0] for line in loop.docker.exec_start(made["Id"]).decode().splitlines()}


def _register(server: str, env: str) -> int:
    """Over the SkyDNS API; the status."""
    service = {"Name": "legacy", "Environment": env, "Host": "192.0.2.7", "Port": 5432, "TTL": 3600}
    request = urllib.request.Request(
        f"http://{server}:8080/skydns/services/legacy1", json.dumps(service).encode(), method="PUT"
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return int(answer.status)


def _kept_by_the_loop(loop: LoopProcess) -> int:
    """How many registrations are in its store."""
    with closing(sqlite3.connect(f"file:{loop.state / FILE_NAME}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT count(*) FROM notes WHERE key LIKE 'skydns:%'").fetchone()[0])


def test_names_without_root_from_a_start_to_the_end(loop: LoopProcess) -> None:
    zone = f"{loop.env}.{DOMAIN}"
    loop.start()
    rights = _rights(loop.pid)
    assert "0" not in rights["Uid"].split()
    assert int(rights["CapEff"], 16) == 0

    # Containers are made, and their heartbeats arrive.
    loop.save("webapp", spec(2, image=BASE))
    loop.until_ready("webapp", 2)
    row = loop.cluster("webapp")
    assert row is not None
    assert all(one.heartbeat_age is not None for one in row.instances)

    # Their names answer at the container's fixed address, to the host and to themselves.
    loop.until(lambda: bool(_system(loop)), what="the name server's container runs")
    server = _address(loop, f"{loop.env}_system_skydns")
    addresses = {_address(loop, name) for name in _instances(loop)}
    loop.until(lambda: dig(f"webapp.{zone}", server=server).addresses == addresses, what="the name answers")
    first = f"{loop.env}-webapp-1"
    assert dig_inside(loop.docker, first, f"webapp.{zone}").addresses == addresses
    assert _resolved_inside(loop, first, "webapp") == addresses
    assert _resolved_inside(loop, first, "webapp2.webapp") == {_address(loop, f"{loop.env}-webapp-2")}
    assert loop.client.status().names_problem == ""

    # Others register there.
    assert _register(server, loop.env) == 201
    loop.until(lambda: dig(f"legacy.{zone}", server=server).addresses == {"192.0.2.7"}, what="the registered name")

    loop.until(lambda: _kept_by_the_loop(loop) == 1, what="the loop keeps what was registered")

    # The server is killed: it is back with all that it answered, and nothing else was touched.
    before, instances = _system(loop), _instances(loop)
    loop.docker.kill(f"{loop.env}_system_skydns")
    loop.until(lambda: _system(loop) not in ({}, before), what="the name server is back")
    loop.until(lambda: dig(f"webapp.{zone}", server=server).addresses == addresses, what="the name answers again")
    loop.until(lambda: dig(f"legacy.{zone}", server=server).addresses == {"192.0.2.7"}, what="the registered name")
    assert _instances(loop) == instances

    # The loop is killed and started again: not one answer is missing, and nothing is replaced.
    system = _system(loop)
    with Asker(f"webapp.{zone}", server) as asker:
        loop.kill()
        loop.start()
        loop.until_ready("webapp", 2)
        loop.until_settled()
    assert [answer for answer in asker.answers if answer != addresses] == []
    assert (_system(loop), _instances(loop)) == (system, instances)

    # While the loop is away, an instance dies: its name doesn't outlive it by more than an answer's time to live.
    loop.kill()
    gone = _address(loop, first)
    loop.docker.kill(first)
    died_at = time.monotonic()
    loop.until(
        lambda: dig(f"webapp1.webapp.{zone}", server=server).denied != "", TTL_SECONDS, "the dead one's name is gone"
    )
    assert time.monotonic() - died_at < TTL_SECONDS
    assert dig(f"webapp.{zone}", server=server).addresses == addresses - {gone}

    # The loop is back: the dead one is replaced, and so is its name.
    loop.start()
    loop.until_ready("webapp", 2)
    addresses = {_address(loop, name) for name in _instances(loop)}
    loop.until(lambda: dig(f"webapp.{zone}", server=server).addresses == addresses, what="all names are right again")

    # Taken down, nothing is left.
    assert loop.cli("down", "--stop", "--yes").code == 0
    assert loop.containers(every=True) == {}
    assert loop.docker.networks(names=[f"reconciler-{loop.env}"]) == []
