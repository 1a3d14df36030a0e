"""Bookings on a fake store: once, whatever is sent how often; one's own only; cancelled once."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from acmeair.asgi import Request, Response
from acmeair.errors import OutcomeUnknown, Refusal, StoreError, Unavailable
from acmeair.ports import Kind, Row
from acmeair_web.bookings import STATEMENTS, Bookings
from acmeair_web.flights import Flights
from acmeair_web.network import Networks
from tests.unit.images.acmeair.fake_store import FakeStore, flight

ME = "uid0@email.com"
NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)
LATE = datetime(2027, 1, 1, tzinfo=UTC)
ONE_WAY = {"userid": ME, "toFlightId": "20261129-0815-AA1", "toFlightSegId": "AA1", "oneWayFlight": "true"}
RETURN = {**ONE_WAY, "oneWayFlight": "false", "retFlightId": "20261201-0815-AA2", "retFlightSegId": "AA2"}


class Site:
    """The handlers of one web instance."""

    def __init__(self, store: FakeStore | None = None, now: datetime = NOW) -> None:
        self.store = store or FakeStore()
        flights = Flights(self.store, Networks(self.store), lambda: now)
        self.bookings = Bookings(self.store, flights, lambda: now)

    def book(self, form: dict[str, str], key: str | None = None, customer: str = ME) -> Response:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["idempotency-key"] = key
        request = Request("POST", "/", headers, body=urlencode(form).encode(), customer=customer)
        return asyncio.run(self.bookings.book(request))

    def cancel(self, number: str, customer: str = ME, owner: str = ME) -> Response:
        body = json.dumps({"userid": owner, "number": number}).encode()
        request = Request("POST", "/", {"content-type": "application/json"}, body=body, customer=customer)
        return asyncio.run(self.bookings.cancel(request))

    def mine(self, owner: str = ME) -> list[dict[str, Any]]:
        request = Request("GET", "/", {}, {"userid": owner}, customer=ME)
        found: list[dict[str, Any]] = json.loads(asyncio.run(self.bookings.by_user(request)).body)
        return found


class Forgetful(FakeStore):
    """Does each conditional write, and loses its first answer."""

    async def run(self, name: str, *values: Any) -> list[Row]:
        rows = await super().run(name, *values)
        if name in ("booking.one-way", "booking.cancel") and self.asked.count(name) == 1:
            raise OutcomeUnknown("the answer is lost")
        return rows


class Sinking(FakeStore):
    """Nobody knows of the first conditional write; the later ones say that they did nothing."""

    async def run(self, name: str, *values: Any) -> list[Row]:
        rows = await super().run(name, *values)
        if name in ("booking.one-way", "booking.cancel"):
            raise OutcomeUnknown("lost") if self.asked.count(name) == 1 else Unavailable("too few replicas")
        return rows


def told(response: Response) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(response.body)
    return value


def is_replay(response: Response) -> bool:
    return ("Idempotency-Replayed", "true") in response.headers


def code_of(caught: pytest.ExceptionInfo[Refusal]) -> tuple[int, str]:
    return caught.value.status, caught.value.code


def test_both_legs_are_booked_and_listed_newest_first_with_their_flights() -> None:
    site = Site()
    made = told(site.book(RETURN))
    assert made["oneWay"] is False
    listed = site.mine()
    assert {row["pkey"]["id"] for row in listed} == {made["departBookingId"], made["returnBookingId"]}
    assert {row["flight"]["flightSegment"]["originPort"] for row in listed} == {"LHR", "JFK"}
    assert listed[0]["dateOfBooking"] == "2026-11-28T18:00:00Z"


def test_one_way_has_no_way_back() -> None:
    made = told(Site().book(ONE_WAY))
    assert (made["oneWay"], made["returnBookingId"]) == (True, None)


def test_without_a_key_each_request_is_a_booking_of_its_own() -> None:
    site = Site()
    assert told(site.book(ONE_WAY)) != told(site.book(ONE_WAY))
    assert len(site.mine()) == 2


def test_the_same_key_gets_the_first_answer_also_at_another_instance() -> None:
    store = FakeStore()
    first = Site(store).book(RETURN, "k1")
    again = Site(store).book(RETURN, "k1")
    assert told(again) == told(first)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert len(store.bookings) == 2


def test_two_at_once_make_one_booking() -> None:
    store = FakeStore()
    one, other = Site(store), Site(store)
    first = one.book(ONE_WAY, "k1")
    # The other had looked for the record before the first wrote it.
    store._booking_record = lambda *_: []  # type: ignore[method-assign]
    assert told(other.book(ONE_WAY, "k1")) == told(first)
    assert len(store.bookings) == 1


def test_a_replay_is_answered_after_the_booking_was_cancelled_and_books_nothing() -> None:
    site = Site()
    first = told(site.book(ONE_WAY, "k1"))
    site.cancel(first["departBookingId"])
    assert told(site.book(ONE_WAY, "k1")) == first
    assert site.mine() == []


def test_a_replay_is_answered_after_the_flight_has_departed() -> None:
    store = FakeStore()
    first = told(Site(store).book(ONE_WAY, "k1"))
    assert told(Site(store, LATE).book(ONE_WAY, "k1")) == first


def test_the_same_key_with_other_flights_is_refused() -> None:
    site = Site()
    site.book(ONE_WAY, "k1")
    with pytest.raises(Refusal) as caught:
        site.book(RETURN, "k1")
    assert code_of(caught) == (422, "key_reused")


def test_the_same_key_of_another_customer_is_another_booking() -> None:
    site = Site()
    first = told(site.book(ONE_WAY, "k1"))
    other = told(site.book({**ONE_WAY, "userid": "uid1@email.com"}, "k1", "uid1@email.com"))
    assert first["departBookingId"] != other["departBookingId"]


@pytest.mark.parametrize("key", ["", "a b", "ä", "k" * 65, "a/b"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Refusal) as caught:
        Site().book(ONE_WAY, key)
    assert code_of(caught) == (400, "bad_key")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"toFlightId": "20261129-0815-AA9"}, (404, "unknown_flight")),
        ({"toFlightSegId": "AA2"}, (404, "unknown_flight")),
        ({"toFlightSegId": "AA9"}, (404, "unknown_flight")),
        ({"toFlightId": ""}, (400, "missing_field")),
        ({"oneWayFlight": "false"}, (400, "missing_field")),
        ({"userid": "uid1@email.com"}, (403, "not_yours")),
    ],
)
def test_what_cannot_be_booked_books_nothing(change: dict[str, str], code: tuple[int, str]) -> None:
    site = Site()
    with pytest.raises(Refusal) as caught:
        site.book({**ONE_WAY, **change}, "k1")
    assert code_of(caught) == code
    assert (site.store.bookings, site.store.records) == ({}, {})


def test_a_flight_that_has_departed_is_not_booked() -> None:
    with pytest.raises(Refusal) as caught:
        Site(now=LATE).book(ONE_WAY)
    assert code_of(caught) == (400, "flight_departed")


def test_a_write_that_nobody_acknowledged_is_never_called_a_booking() -> None:
    site = Site()
    site.store.failing["booking.one-way"] = OutcomeUnknown("timeout")
    with pytest.raises(StoreError):
        site.book(ONE_WAY, "k1")
    site.store.failing.clear()
    assert not is_replay(site.book(ONE_WAY, "k1"))


def test_a_write_of_which_nobody_knows_is_tried_again_and_finds_what_it_did() -> None:
    store = Forgetful()
    made = told(Site(store).book(ONE_WAY))
    assert [number for _, number in store.bookings] == [made["departBookingId"]]
    assert Site(store).cancel(made["departBookingId"]).status == 200
    assert store.bookings == {}
    with pytest.raises(Refusal, match="no booking"):
        Site(store).cancel(made["departBookingId"])


def test_after_a_try_of_which_nobody_knows_nothing_is_called_undone() -> None:
    with pytest.raises(OutcomeUnknown):
        Site(Sinking()).book(ONE_WAY, "k1")


def test_a_first_try_that_did_nothing_is_said_to_have_done_nothing() -> None:
    site = Site()
    site.store.failing["booking.one-way"] = Unavailable("too few replicas")
    with pytest.raises(Unavailable):
        site.book(ONE_WAY, "k1")
    assert site.store.asked.count("booking.one-way") == 1


def test_every_conditional_statement_is_sent_once_by_the_driver() -> None:
    assert {name for name, each in STATEMENTS.items() if " IF " in each.cql} == {
        name for name, each in STATEMENTS.items() if each.kind is Kind.ONCE
    }


def test_a_booking_is_cancelled_once_and_only_by_its_customer() -> None:
    site = Site()
    number = told(site.book(ONE_WAY))["departBookingId"]
    with pytest.raises(Refusal) as caught:
        site.cancel(number, customer="uid1@email.com")
    assert code_of(caught) == (403, "not_yours")
    with pytest.raises(Refusal) as caught:
        site.cancel(number, customer="uid1@email.com", owner="uid1@email.com")
    assert code_of(caught) == (404, "unknown_booking")
    assert site.cancel(number).body == f"booking {number} deleted.".encode()
    with pytest.raises(Refusal) as caught:
        site.cancel(number)
    assert code_of(caught) == (404, "unknown_booking")


def test_another_customer_s_bookings_are_not_shown() -> None:
    with pytest.raises(Refusal) as caught:
        Site().mine("uid1@email.com")
    assert code_of(caught) == (403, "not_yours")


class Slow(FakeStore):
    """Has hundreds of flights, and answers each question for one only when `failing_after` others were asked."""

    def __init__(self, count: int, failing_after: int | None = None) -> None:
        super().__init__()
        self.flights = [flight(f"20261129-0815-AA1-{n}", "AA1") for n in range(count)]
        self.under_way = self.most = 0
        self.failing_after = failing_after

    async def run(self, name: str, *values: Any) -> list[Row]:
        rows = await super().run(name, *values)
        if name != "flights.one":
            return rows
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _ in range(3):
            await asyncio.sleep(0)
        self.under_way -= 1
        if self.failing_after is not None and self.asked.count(name) > self.failing_after:
            raise Unavailable("no node is up")
        return rows


def listed(store: Slow, count: int) -> tuple[list[dict[str, Any]], int]:
    """All bookings of a customer who has many, at an instance that knows no flight yet, and questions asked later."""
    for n in range(count):
        row = {"customer_id": ME, "id": f"b{n}", "flight_id": f"20261129-0815-AA1-{n}", "flight_segment_id": "AA1"}
        store.bookings[ME, f"b{n}"] = {**row, "date_of_booking": NOW.replace(tzinfo=None)}
    fresh = Site(store)

    async def ask() -> tuple[list[dict[str, Any]], int]:
        request = Request("GET", "/", {}, {"userid": ME}, customer=ME)
        try:
            found: list[dict[str, Any]] = json.loads((await fresh.bookings.by_user(request)).body)
        except Unavailable:
            found = []
        asked = len(store.asked)
        for _ in range(20):
            await asyncio.sleep(0)
        return found, len(store.asked) - asked

    return asyncio.run(ask())


def test_a_long_list_asks_the_database_for_a_few_flights_at_a_time() -> None:
    store = Slow(300)
    found, _ = listed(store, 300)
    assert len(found) == 300
    assert store.most <= 16


def test_a_long_list_that_cannot_be_had_is_given_up_at_once() -> None:
    store = Slow(300, failing_after=40)
    found, later = listed(store, 300)
    assert (found, later) == ([], 0)
    assert store.asked.count("flights.one") < 80
