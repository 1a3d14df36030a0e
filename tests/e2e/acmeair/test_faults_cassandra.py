"""A Cassandra node is killed, or loses its volume too: no acknowledged booking is lost, and it comes back by itself."""

import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_site import Person, SiteError

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]
SERVES_SECONDS = 10.0


def ring(air: Cloud, seen_by: str) -> dict[str, tuple[str, str]]:
    """Address to state and host id, as one node sees it."""
    ran = air.loop.cli("exec", seen_by, "--", "nodetool", "status")
    rows = [line.split() for line in ran.out.splitlines() if line[:2] in ("UN", "DN", "UJ", "UL")]
    return {row[1]: (row[0], row[-2]) for row in rows}


def both_up(air: Cloud, seen_by: str) -> bool:
    """Two nodes and no others, both up and normal."""
    found = ring(air, seen_by)
    return len(found) == 2 and {state for state, _ in found.values()} == {"UN"}


def host_id(air: Cloud, name: str) -> str:
    return ring(air, name)[air.address(name)][1]


class Rush:
    """One customer books forty times, four at once; `booked` are those that were acknowledged."""

    def __init__(self, person: Person, flight: Mapping[str, Any]) -> None:
        self.booked: list[str] = []
        self._person, self._flight = person, flight
        self._many = ThreadPoolExecutor(4)

    def __enter__(self) -> Self:
        for _ in range(40):
            self._many.submit(self._book)
        return self

    def __exit__(self, *_error: object) -> None:
        self._many.shutdown()

    def _book(self) -> None:
        try:
            self.booked.append(self._person.book(self._flight, secrets.token_hex(8)))
        except SiteError:
            return  # not acknowledged: nothing was promised


def test_a_killed_node_is_back_with_its_number_volume_and_host_id_and_nothing_acknowledged_is_lost(air: Cloud) -> None:
    person = air.person(30)
    person.sign_in()
    flight = person.flights()[0]
    identity = host_id(air, "cassandra1")
    with Rush(person, flight) as rush:
        name = f"{air.loop.env}-cassandra-1"
        air.loop.until(lambda: len(rush.booked) >= 10, 30, "some are booked")
        began = time.monotonic()
        air.loop.docker.kill(name)
        killed = air.loop.containers("cassandra", every=True).get(name)
        air.loop.until(lambda: air.loop.containers("cassandra").get(name) not in (None, killed), 20, "it is replaced")
        air.loop.until_ready("cassandra", 2, 30)
        seconds = time.monotonic() - began
    assert seconds <= SERVES_SECONDS
    assert host_id(air, "cassandra1") == identity
    air.loop.until(lambda: both_up(air, "cassandra2"), 30, "the other one sees it")
    assert air.loop.inspect(name)["Mounts"][0]["Name"] == f"{name}-data"
    air.until_journey(30)
    assert set(rush.booked) <= set(person.bookings())


def test_a_node_that_lost_its_volume_gets_its_data_from_the_other(air: Cloud) -> None:
    person = air.person(31)
    person.sign_in()
    name = f"{air.loop.env}-cassandra-2"
    with Rush(person, person.flights()[0]) as rush:  # so that writes are open when it is lost
        air.loop.until(lambda: len(rush.booked) >= 10, 30, "some are booked")
        air.loop.cli("suspend", "cassandra")
        air.loop.docker.remove_container(name, force=True)
        air.loop.docker.remove_volume(f"{name}-data")
        air.loop.cli("resume", "cassandra")
        air.loop.until(lambda: name in air.loop.containers("cassandra"), 30, "it is made again")
    air.loop.until_ready("cassandra", 2, 120)
    air.loop.until(lambda: both_up(air, "cassandra2"), 60, "both are in the ring, nobody else")
    # All reads now come from the node that was empty: the other one is away.
    air.loop.cli("suspend", "cassandra")
    air.loop.docker.kill(f"{air.loop.env}-cassandra-1")
    try:
        air.loop.until(lambda: _reads(person, *rush.booked), 30, "the bookings are read from the new node alone")
    finally:
        air.loop.cli("resume", "cassandra")
    air.loop.until_ready("cassandra", 2, 120)


def _reads(person: Person, *numbers: str) -> bool:
    """With a session from before: a new one is a write, which needs both nodes."""
    try:
        return set(numbers) <= set(person.bookings())
    except SiteError:
        return False


def test_with_one_node_away_the_site_reads_on_and_never_pretends_to_have_booked(air: Cloud, key: str) -> None:
    person = air.person(32)
    person.sign_in()
    flight = person.flights()[0]
    air.loop.cli("suspend", "cassandra")
    air.loop.docker.kill(f"{air.loop.env}-cassandra-2")
    try:
        assert person.flights()
        answer = person.booking_answer(flight, key)
        assert answer.status == 503, answer.text
        assert answer.json()["error"]["code"] in ("database_unavailable", "outcome_unknown")
    finally:
        air.loop.cli("resume", "cassandra")
    air.loop.until_ready("cassandra", 2, 60)
    air.until_journey(30)
    number = person.book(flight, key)  # the same key: booked once, whatever became of the first try
    assert person.bookings().count(number) == 1


def test_both_nodes_killed_at_once_come_back_with_all_bookings(air: Cloud, key: str) -> None:
    person = air.person(33)
    person.sign_in()
    number = person.book(person.flights()[0], key)
    for place in (1, 2):
        air.loop.docker.kill(f"{air.loop.env}-cassandra-{place}")
    air.loop.until(lambda: not _reads(person, number), 20, "the database is away")
    air.loop.until(lambda: _reads(person, number), 60, "it is back")
    air.loop.until_ready("cassandra", 2, 60)
