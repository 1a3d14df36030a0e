"""The booking site through Zuul: a customer's way, and what it says to bad input."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_site import Answer, SiteError

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(300)]
FORM = "application/x-www-form-urlencoded"


def code(answer: Answer) -> str:
    """The error's short code."""
    return str(answer.json()["error"]["code"])


def test_a_customer_signs_in_searches_books_looks_cancels_and_signs_out(air: Cloud, key: str) -> None:
    person = air.person(1)
    person.sign_in()
    number = person.book(person.flights()[0], key)
    assert number in person.bookings()
    person.cancel(number)
    assert number not in person.bookings()
    session = person.session
    person.sign_out()
    person.session = session
    assert person.ask("GET", f"/rest/api/bookings/byuser/{person.user}").status == 401


def test_the_page_and_the_rest_paths_are_both_reached_through_zuul(air: Cloud) -> None:
    page = air.person().ask("GET", "/")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Acme Air" in page.text
    assert air.person().ask("GET", "/healthcheck").status == 200


def test_a_wrong_password_gets_nobody_in(air: Cloud) -> None:
    person = air.person(2)
    with pytest.raises(SiteError, match="403"):
        person.sign_in("wrong")
    assert not person.session


@pytest.mark.parametrize("session", ["", "forged", "0" * 43])
def test_without_a_session_of_ones_own_nothing_is_told(air: Cloud, session: str) -> None:
    person = air.person(3)
    person.session = session
    answer = person.ask("GET", f"/rest/api/bookings/byuser/{person.user}")
    assert (answer.status, code(answer)) == (401, "session_ended" if session else "no_session")


def test_a_booking_sent_twice_is_one_booking_with_the_first_answer(air: Cloud, key: str) -> None:
    person = air.person(4)
    person.sign_in()
    flight = person.flights()[0]
    before = len(person.bookings())
    first, second = person.booking_answer(flight, key), person.booking_answer(flight, key)
    assert (first.status, second.status) == (200, 200)
    assert first.json() == second.json()
    assert len(person.bookings()) == before + 1


def test_the_same_booking_sent_at_once_by_many_is_one_booking(air: Cloud, key: str) -> None:
    person = air.person(5)
    person.sign_in()
    flight = person.flights()[0]
    before = len(person.bookings())
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: person.booking_answer(flight, key), range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(person.bookings()) == before + 1


def test_a_key_used_for_another_flight_is_refused(air: Cloud, key: str) -> None:
    person = air.person(6)
    person.sign_in()
    flights = person.flights() + person.flights(days=2)
    person.book(flights[0], key)
    answer = person.booking_answer(flights[-1], key)
    assert (answer.status, code(answer)) == (422, "key_reused")


def test_without_a_key_two_bookings_are_two(air: Cloud) -> None:
    person = air.person(7)
    person.sign_in()
    flight = person.flights()[0]
    assert person.book(flight) != person.book(flight)


def test_another_customers_bookings_and_data_are_not_shown(air: Cloud) -> None:
    person = air.person(8)
    person.sign_in()
    for path in ("bookings/byuser/uid9@email.com", "customer/byid/uid9@email.com"):
        answer = person.ask("GET", f"/rest/api/{path}")
        assert (answer.status, code(answer)) == (403, "not_yours")
    form = {"userid": "uid9@email.com", "number": "1"}
    answer = person.ask("POST", "/rest/api/bookings/cancelbooking", form=form)
    assert (answer.status, code(answer)) == (403, "not_yours")


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b"[]", "application/json", 400, "bad_json"),
        (b"userid=uid10@email.com", FORM, 400, "missing_field"),
        (b"x" * 20_000, FORM, 413, "too_large"),
        (b"<a/>", "text/xml", 415, "wrong_type"),
    ],
)
def test_a_malformed_booking_is_refused_in_words(air: Cloud, body: bytes, kind: str, status: int, says: str) -> None:
    person = air.person(10)
    person.sign_in()
    answer = person.ask("POST", "/rest/api/bookings/bookflights", body=body, headers={"Content-Type": kind})
    assert (answer.status, code(answer)) == (status, says)


def test_an_unknown_flight_is_not_booked(air: Cloud) -> None:
    person = air.person(11)
    person.sign_in()
    answer = person.booking_answer({"pkey": {"id": "20991231-0000-AA1", "flightSegmentId": "AA1"}})
    assert (answer.status, code(answer)) == (404, "unknown_flight")


def test_json_is_taken_like_a_form(air: Cloud) -> None:
    person = air.person(12)
    body = json.dumps({"login": person.user, "password": "password"}).encode()
    answer = person.ask("POST", "/rest/api/login", body=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.text) == (200, "logged in")
