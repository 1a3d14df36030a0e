"""Searching flights on a fake store."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from acmeair.asgi import Request
from acmeair.errors import Refusal, Unavailable
from acmeair.ports import Row
from acmeair_web import network
from acmeair_web.flights import Flights
from acmeair_web.network import Networks
from tests.unit.images.acmeair.fake_store import FakeStore

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)
ASKED: dict[str, Any] = {"fromAirport": "LHR", "toAirport": "JFK", "fromDate": "2026-11-29", "returnDate": "2026-12-01"}


def search(change: dict[str, Any], *, now: datetime = NOW, browse: bool = False) -> dict[str, Any]:
    store = FakeStore()
    flights = Flights(store, Networks(store), lambda: now)
    body = json.dumps({**ASKED, **change}).encode()
    request = Request("POST", "/", {"content-type": "application/json"}, body=body)
    found: dict[str, Any] = json.loads(asyncio.run((flights.browse if browse else flights.query)(request)).body)
    return found


def ids(found: dict[str, Any]) -> list[list[str]]:
    return [[flight["pkey"]["id"] for flight in leg["flightsOptions"]] for leg in found["tripFlights"]]


def test_both_legs_are_searched_on_their_days() -> None:
    found = search({})
    assert (found["tripLegs"], ids(found)) == (2, [["20261129-0815-AA1"], ["20261201-0815-AA2"]])
    flight = found["tripFlights"][0]["flightsOptions"][0]
    assert flight["flightSegment"] == {"flightName": "AA1", "originPort": "LHR", "destPort": "JFK", "miles": 3443}
    assert (flight["scheduledDepartureTime"], flight["economyClassBaseCost"]) == ("2026-11-29T08:15:00Z", 442)


def test_one_way_has_one_leg_and_needs_no_way_back() -> None:
    assert ids(search({"oneWay": True, "returnDate": None})) == [["20261129-0815-AA1"]]


def test_another_day_and_no_direct_flight_are_no_error() -> None:
    assert ids(search({"oneWay": "true", "fromDate": "2026-11-30"})) == [[]]
    assert ids(search({"oneWay": "true", "toAirport": "SYD"})) == [[]]


def test_what_has_departed_is_not_offered() -> None:
    assert ids(search({"oneWay": "true"}, now=datetime(2026, 11, 29, 8, 15, tzinfo=UTC))) == [[]]


def test_browsing_needs_no_day() -> None:
    assert ids(search({"fromDate": None, "returnDate": None}, browse=True)) == [
        ["20261129-0815-AA1"],
        ["20261201-0815-AA2"],
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"toAirport": "XXX"}, (404, "unknown_airport")),
        ({"toAirport": "LHR"}, (400, "same_airport")),
        ({"toAirport": "J"}, (400, "bad_field")),
        ({"fromDate": "2026-02-30"}, (400, "bad_date")),
        ({"returnDate": "2026-11-28"}, (400, "bad_date")),
        ({"returnDate": None}, (400, "missing_field")),
        ({"oneWay": "perhaps"}, (400, "bad_field")),
    ],
)
def test_a_wrong_question_is_refused(change: dict[str, Any], code: tuple[int, str]) -> None:
    with pytest.raises(Refusal) as caught:
        search(change)
    assert (caught.value.status, caught.value.code) == code


def test_the_network_is_kept_and_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        store = FakeStore()
        networks = Networks(store)
        first = await networks.get()
        assert await networks.get() is first
        monkeypatch.setattr(network, "FRESH_SECONDS", -1.0)
        store.failing["airports"] = Unavailable("away")
        assert await networks.get() is first

    asyncio.run(scene())


class Unhurried(FakeStore):
    """Answers only after the others have had their turn."""

    async def run(self, name: str, *values: Any) -> list[Row]:
        rows = await super().run(name, *values)
        await asyncio.sleep(0)
        return rows


def test_many_who_need_the_network_at_once_read_it_anew_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        store = Unhurried()
        networks = Networks(store)
        first = await networks.get()
        monkeypatch.setattr(network, "FRESH_SECONDS", -1.0)
        found = await asyncio.gather(*(networks.get() for _ in range(300)))
        assert store.asked.count("segments") == 2
        assert sum(each is first for each in found) == 299
        store.failing["airports"] = Unavailable("away")
        assert await networks.get() is found[0]
        del store.failing["airports"]
        assert await networks.get() is not found[0]

    asyncio.run(scene())


def test_before_anything_is_loaded_there_is_no_network() -> None:
    store = FakeStore()
    store._airports = list  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="not loaded"):
        asyncio.run(Networks(store).get())


def test_airports_come_with_their_direct_flights_and_the_days() -> None:
    found = json.loads(asyncio.run(Networks(FakeStore(), lambda: NOW).airports(Request("GET", "/", {}))).body)
    assert (found["firstDate"], found["lastDate"]) == ("2026-11-28", "2026-12-11")
    assert {airport["code"]: airport["to"] for airport in found["airports"]} == {
        "JFK": ["LHR"],
        "LHR": ["JFK"],
        "SYD": [],
    }


def test_days_that_are_over_are_not_offered() -> None:
    late = NOW.replace(month=12, day=5)
    found = json.loads(asyncio.run(Networks(FakeStore(), lambda: late).airports(Request("GET", "/", {}))).body)
    assert (found["firstDate"], found["lastDate"]) == ("2026-12-05", "2026-12-11")
