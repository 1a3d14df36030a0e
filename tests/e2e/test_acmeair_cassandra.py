"""Cassandra nodes that find each other by name: they share data, and what was acknowledged is there whatever dies.

The two nodes are one cluster for the whole module; each test leaves it healthy.
"""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import docker.errors
import pytest

from tests.support.cql import ALL, ONE, Cql, Refused
from tests.support.loop_process import LoopProcess

pytestmark = [pytest.mark.engine, pytest.mark.heavy, pytest.mark.timeout(300)]

SERVES_SECONDS = 10.0  # what a killed node's replacement has, on a machine that isn't overloaded
LONG = 120.0  # on any machine
LISTENER = 8080
ROWS = 50
SPEC = """image: reconciler/cassandra:latest
zones: [az1, az2]
environment: {CASSANDRA_SEEDS: "cassandra1.cassandra,cassandra2.cassandra"}
volumes: ["data:/var/lib/cassandra"]
resources: {memory: 448MiB}
health: {heartbeat: {}, http: {port: 8080, path: /healthcheck, interval: 500ms}, start: 90s}
stop: {drain: 0s, grace: 10s}
size: 2
"""


class Ring:
    """The cluster as clients and operators see it."""

    def __init__(self, loop: LoopProcess, name: str = "cassandra") -> None:
        self.loop = loop
        self.name = name

    def container(self, number: int) -> str:
        return f"{self.loop.env}-{self.name}-{number}"

    def volume(self, number: int) -> str:
        return f"{self.container(number)}-data"

    def id(self, number: int) -> str:
        return self.loop.containers(self.name).get(self.container(number), "")

    def address(self, number: int) -> str:
        networks = self.loop.inspect(self.container(number))["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])

    def node(self, number: int) -> dict[str, Any]:
        """What the node tells other nodes."""
        return dict(json.loads(self.asked(number, "/node")[1]))

    def ready(self, number: int) -> bool:
        try:
            return self.asked(number, "/healthcheck")[0] == 200
        except (OSError, http.client.HTTPException, KeyError, docker.errors.NotFound):
            return False

    def asked(self, number: int, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address(number), LISTENER, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def run(self, number: int, statement: str, consistency: int = ONE) -> list[list[bytes | None]]:
        with Cql(self.address(number)) as client:
            return client.run(statement, consistency)

    def patient(self, number: int, statement: str, consistency: int = ONE) -> list[list[bytes | None]]:
        """Until it goes: a schema change and a node that has just come take a moment to be known to all."""
        found: list[list[list[bytes | None]]] = []
        self.loop.until(lambda: self.tried(number, statement, consistency, found), LONG, statement)
        return found[-1]

    def tried(self, number: int, statement: str, consistency: int, found: list[list[list[bytes | None]]]) -> bool:
        try:
            found.append(self.run(number, statement, consistency))
        except (Refused, OSError):
            return False
        return True

    def keys(self, number: int) -> set[int]:
        """The rows that this node has itself: at ONE it reads its own copy."""
        rows = self.run(number, "SELECT k FROM shop.rows", ONE)
        return {int.from_bytes(row[0] or b"", "big") for row in rows}

    def host_id(self, number: int) -> bytes | None:
        return self.run(number, "SELECT host_id FROM system.local")[0][0]

    def status(self, number: int) -> list[str]:
        """`nodetool status` in the node's container: a line for each node."""
        ran = self.loop.cli("exec", f"{self.name}{number}", "--", "nodetool", "status")
        assert ran.code == 0, ran.err
        return [line for line in ran.out.splitlines() if line[:2] in {"UN", "DN", "UJ", "DL"}]

    def until_back(self, before: dict[int, str]) -> float:
        """Seconds until other containers serve under these numbers."""
        began = time.monotonic()
        self.loop.until(
            lambda: all(self.id(n) not in {"", old} and self.ready(n) for n, old in before.items()),
            LONG, f"{self.name} {sorted(before)} serve again",
        )  # fmt: skip
        return time.monotonic() - began

    def all_alive(self) -> None:
        """Each node sees each other."""
        self.loop.until(lambda: all(self.sees_all(number) for number in (1, 2)), LONG, "both see both")

    def sees_all(self, number: int) -> bool:
        return self.ready(number) and [place["alive"] for place in self.node(number)["ring"]] == [True, True]


@pytest.fixture(scope="module")
def ring(loop: LoopProcess) -> Ring:
    """Two nodes that founded a cluster, with a table on both and rows in it."""
    began = time.monotonic()
    loop.save("cassandra", SPEC)
    found = Ring(loop)
    loop.until(lambda: found.ready(1) and found.ready(2), LONG, "both nodes serve")
    print(f"two nodes from nothing: {time.monotonic() - began:.1f} s")
    found.all_alive()
    found.patient(1, "CREATE KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2}")
    found.patient(1, "CREATE TABLE shop.rows (k int PRIMARY KEY, v text)")
    for key in range(ROWS):
        found.patient(1, f"INSERT INTO shop.rows (k, v) VALUES ({key}, 'x')", ALL)
    return found


def killed(ring: Ring, *numbers: int) -> dict[int, str]:
    before = {number: ring.id(number) for number in numbers}
    for number in numbers:
        ring.loop.docker.kill(ring.container(number), signal="KILL")
    return before


def lost(ring: Ring, number: int, meanwhile: Callable[[], None] = lambda: None) -> dict[int, str]:
    """The node and its volume are gone before anybody looks after them."""
    before = {number: ring.id(number)}
    assert ring.loop.cli("suspend", ring.name).code == 0
    ring.loop.docker.remove_container(ring.container(number), force=True)
    ring.loop.docker.remove_volume(ring.volume(number))
    meanwhile()
    assert ring.loop.cli("resume", ring.name).code == 0
    return before


def test_two_nodes_are_one_ring_in_two_racks_and_share_the_data(ring: Ring) -> None:
    lines = ring.status(1)
    assert [line[:2] for line in lines] == ["UN", "UN"]
    assert {line.split()[-1] for line in lines} == {"az1", "az2"}
    ring.patient(1, "INSERT INTO shop.rows (k, v) VALUES (1000, 'both')", ALL)
    assert 1000 in ring.keys(2)
    ring.patient(2, "INSERT INTO shop.rows (k, v) VALUES (1001, 'both')", ALL)
    assert 1001 in ring.keys(1)


def test_a_killed_node_returns_with_its_identity_and_every_acknowledged_write(ring: Ring) -> None:
    ring.all_alive()
    host = ring.host_id(2)
    with Cql(ring.address(1)) as client:
        for key in range(2000, 2025):
            client.run(f"INSERT INTO shop.rows (k, v) VALUES ({key}, 'now')", ALL)
        before = killed(ring, 2)
        # One node of two is enough at ONE; the other gets it later.
        client.run("INSERT INTO shop.rows (k, v) VALUES (2100, 'meanwhile')", ONE)
    took = ring.until_back(before)
    print(f"killed to serving: {took:.1f} s")
    assert took < SERVES_SECONDS
    assert ring.host_id(2) == host
    assert set(range(2000, 2025)) <= ring.keys(2)
    ring.loop.until(lambda: 2100 in ring.keys(2), LONG, "the hint is delivered")
    ring.all_alive()


def test_both_killed_at_once_return_with_all_data_under_whatever_addresses(ring: Ring) -> None:
    ring.all_alive()
    hosts, keys = (ring.host_id(1), ring.host_id(2)), ring.keys(1)
    print(f"both killed to both serving: {ring.until_back(killed(ring, 1, 2)):.1f} s")
    assert (ring.host_id(1), ring.host_id(2)) == hosts
    assert ring.keys(1) == keys
    assert ring.keys(2) == keys
    ring.all_alive()
    ring.patient(1, "INSERT INTO shop.rows (k, v) VALUES (3000, 'after')", ALL)


def test_a_lost_volume_is_streamed_from_the_others_before_the_node_serves(ring: Ring) -> None:
    ring.all_alive()
    keys = ring.keys(1)
    assert len(keys) >= ROWS
    print(f"volume lost to serving: {ring.until_back(lost(ring, 2)):.1f} s")
    ring.loop.docker.pause(ring.container(1))
    try:
        assert ring.keys(2) == keys
    finally:
        ring.loop.docker.unpause(ring.container(1))
    ring.all_alive()
    assert len(ring.status(1)) == 2
    ring.patient(2, "INSERT INTO shop.rows (k, v) VALUES (4000, 'after')", ALL)


def test_a_lost_volume_under_another_address_takes_the_dead_nodes_place(ring: Ring) -> None:
    """Somebody else has the dead node's address by now."""
    ring.all_alive()
    keys, address = ring.keys(1), ring.address(2)
    squatter: list[str] = []

    def occupy() -> None:
        network = f"reconciler-{ring.loop.env}"
        made = ring.loop.docker.create_container("reconciler/base:latest", ["sleep", "infinity"])
        ring.loop.docker.disconnect_container_from_network(made["Id"], "bridge")
        ring.loop.docker.connect_container_to_network(made["Id"], network, ipv4_address=address)
        squatter.append(made["Id"])
        ring.loop.docker.start(made["Id"])

    try:
        print(f"volume and address lost to serving: {ring.until_back(lost(ring, 2, occupy)):.1f} s")
        assert ring.address(2) != address
        assert ring.keys(2) == keys
        ring.all_alive()
        assert len(ring.status(1)) == 2
    finally:
        for id_ in squatter:
            ring.loop.docker.remove_container(id_, force=True)


def test_an_empty_node_waits_for_the_one_with_the_data_when_both_were_away(ring: Ring) -> None:
    ring.all_alive()
    keys = ring.keys(1)
    assert ring.loop.stop() == 0
    for number in (1, 2):
        ring.loop.docker.remove_container(ring.container(number), force=True)
    ring.loop.docker.remove_volume(ring.volume(2))
    ring.loop.start()
    ring.until_back({1: "", 2: ""})
    assert ring.keys(1) == keys
    assert ring.keys(2) == keys
    assert "lost its volume" in ring.loop.docker.logs(ring.container(2)).decode()
    ring.all_alive()


def test_a_node_that_is_asked_to_end_does_so_within_seconds(ring: Ring) -> None:
    ring.all_alive()
    before = {2: ring.id(2)}
    began = time.monotonic()
    ring.loop.docker.kill(before[2], signal="TERM")
    ring.loop.until(lambda: ring.id(2) != before[2], LONG, "it ended")
    print(f"asked to end to ended: {time.monotonic() - began:.1f} s")
    ring.until_back(before)
    causes = [event.cause for event in ring.loop.events(ring.name, "create") if event.subject.endswith("2")]
    assert "exit 143" in causes[-1]
    ring.all_alive()


def test_a_new_member_takes_its_part_of_the_data_before_it_serves(ring: Ring) -> None:
    """The last test: from here on there are three."""
    ring.all_alive()
    keys = ring.keys(1)
    ring.loop.save("cassandra", SPEC.replace("size: 2", "size: 3").replace("[az1, az2]", "[az1, az2, az3]"))
    began = time.monotonic()
    ring.loop.until(lambda: ring.id(3) != "" and ring.ready(3), LONG, "the third serves")
    print(f"new member to serving: {time.monotonic() - began:.1f} s")
    # Its part has moved: whichever node is asked, and whichever copy answers, every row is there.
    assert [ring.keys(number) for number in (1, 2, 3)] == [keys, keys, keys]
    assert [line[:2] for line in ring.status(3)] == ["UN", "UN", "UN"]
