"""The auth tier's sessions on a fake store: made, found while they last, ended."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acmeair.asgi import Request
from acmeair.errors import Refusal, ReplicasDown, StoreError, Unavailable
from acmeair.ports import Row
from acmeair_auth.sessions import Sessions

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)


class FakeStore:
    """Sessions; `lagging` is whether the first replica asked has none of them."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.lagging = False
        self.failing: dict[str, StoreError] = {}
        self.asked: list[str] = []

    async def run(self, name: str, *values: Any) -> list[Row]:
        self.asked.append(name)
        if name in self.failing:
            raise self.failing[name]
        if name == "session.add":
            number, customer, last, ends, _seconds = values
            times = {"last_accessed_time": last.replace(tzinfo=None), "timeout_time": ends.replace(tzinfo=None)}
            self.rows[number] = {"id": number, "customerid": customer, **times}
        elif name == "session.end":
            self.rows.pop(values[0], None)
        elif name == "session.seek" or not self.lagging:
            return [self.rows[values[0]]] if values[0] in self.rows else []
        return []


class World:
    """Sessions of ten seconds, and a clock."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.now = NOW
        self.sessions = Sessions(self.store, 10, lambda: self.now)

    def create(self) -> dict[str, str]:
        request = Request("POST", "/", {}, {"userid": "uid0@email.com"})
        made: dict[str, str] = json.loads(asyncio.run(self.sessions.create(request)).body)
        return made

    def get(self, number: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(asyncio.run(self.sessions.get(Request("GET", "/", {}, {"id": number}))).body)
        return found

    def end(self, number: str) -> int:
        return asyncio.run(self.sessions.end(Request("DELETE", "/", {}, {"id": number}))).status

    def is_unknown(self, number: str) -> bool:
        with pytest.raises(Refusal) as caught:
            self.get(number)
        return (caught.value.status, caught.value.code) == (404, "unknown_session")


def test_a_session_is_found_as_it_was_made() -> None:
    world = World()
    made = world.create()
    assert world.get(made["id"]) == made
    assert (made["customerid"], made["timeoutTime"]) == ("uid0@email.com", "2026-11-28T18:00:10Z")
    assert len(made["id"]) == 43


def test_no_two_sessions_have_the_same_id() -> None:
    world = World()
    assert len({world.create()["id"] for _ in range(50)}) == 50


def test_a_session_is_over_when_its_time_is() -> None:
    world = World()
    number = world.create()["id"]
    world.now = NOW + timedelta(seconds=9.9)
    assert world.get(number)
    world.now = NOW + timedelta(seconds=10)
    assert world.is_unknown(number)


def test_an_ended_session_is_unknown_and_may_be_ended_again() -> None:
    world = World()
    number = world.create()["id"]
    assert (world.end(number), world.end(number)) == (200, 200)
    assert world.is_unknown(number)


@pytest.mark.parametrize("number", ["x", "../byuserid/x", "n" * 44, "ä" * 43, "n" * 42 + "!"])
def test_what_cannot_be_an_id_is_not_even_looked_for(number: str) -> None:
    world = World()
    assert world.is_unknown(number)
    assert world.end(number) == 200
    assert world.store.asked == []


def test_a_replica_that_has_not_heard_of_a_session_is_not_believed_alone() -> None:
    world = World()
    number = world.create()["id"]
    world.store.lagging = True
    assert world.get(number)["id"] == number


def test_what_the_replicas_that_are_there_do_not_have_is_unknown() -> None:
    world = World()
    world.store.failing["session.seek"] = ReplicasDown("a replica is down")
    assert world.is_unknown("n" * 43)


def test_a_replica_that_only_did_not_answer_in_time_signs_nobody_out() -> None:
    world = World()
    number = world.create()["id"]
    world.store.lagging = True
    world.store.failing["session.seek"] = Unavailable("read timeout")
    with pytest.raises(Unavailable):
        world.get(number)


def test_a_session_that_could_not_be_ended_is_not_said_to_be() -> None:
    world = World()
    number = world.create()["id"]
    world.store.failing["session.end"] = Unavailable("a replica is down")
    with pytest.raises(Unavailable):
        world.end(number)
