"""Which answers count as right under load."""

from typing import Any

import pytest

from images.load import checks

ASKED = {"fromAirport": "AMS", "toAirport": "CDG", "fromDate": "2026-11-29", "oneWay": "true"}
BOTH_WAYS = ASKED | {"oneWay": "false", "returnDate": "2026-12-01"}


def flight(start: str = "AMS", end: str = "CDG", day: str = "2026-11-29") -> dict[str, Any]:
    return {
        "pkey": {"id": "f", "flightSegmentId": "AA1"},
        "flightSegment": {"originPort": start, "destPort": end},
        "scheduledDepartureTime": f"{day}T08:15:00Z",
    }


def found(*legs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"tripFlights": [{"flightsOptions": flights} for flights in legs]}


def booking(number: str = "b1", customer: str = "uid1@email.com", of: str = "f1") -> dict[str, Any]:
    return {"pkey": {"id": number, "customerId": customer}, "flightKey": {"id": of}}


def test_an_answer_that_is_not_200_is_a_failure_with_its_text() -> None:
    assert checks.understood(503, "no auth") == ("status 503: no auth", None)


def test_a_text_has_to_say_what_was_wanted() -> None:
    assert checks.understood(200, "booking 1 deleted.", plain="deleted") == ("", None)
    assert checks.understood(200, "<html>", plain="deleted") == ("'deleted' isn't in the answer: <html>", None)


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", "7", '{"tripFlights": [{}]}', '{"tripFlights": [7]}'])
def test_an_answer_of_another_form_is_a_failure_and_no_crash(text: str) -> None:
    problem, _ = checks.understood(200, text, check=lambda answer: checks.flights(answer, ASKED))
    assert problem


def test_an_answer_that_is_right_comes_as_json() -> None:
    assert checks.understood(200, '{"customerid": "me"}', check=lambda answer: checks.signed_in(answer, "me")) == (
        "",
        {"customerid": "me"},
    )


def test_a_session_of_somebody_else_or_of_nobody_is_a_failure() -> None:
    assert checks.signed_in({"customerid": "uid1@email.com"}, "uid1@email.com") == ""
    assert checks.signed_in({"customerid": "uid2@email.com"}, "uid1@email.com") == (
        "the session's customer is 'uid2@email.com', not 'uid1@email.com'"
    )
    assert "None" in checks.signed_in({}, "uid1@email.com")


def test_flights_are_those_that_were_asked_for() -> None:
    assert checks.flights(found([flight()]), ASKED) == ""
    assert checks.flights(found([flight()], [flight("CDG", "AMS", "2026-12-01")]), BOTH_WAYS) == ""


def test_a_search_without_a_flight_a_leg_or_with_another_day_is_a_failure() -> None:
    assert checks.flights(found([]), ASKED) == "no flight AMS to CDG on 2026-11-29"
    assert checks.flights(found([flight()]), BOTH_WAYS) == "1 legs instead of 2"
    assert checks.flights(found([flight(day="2026-11-30")]), ASKED) == (
        "a flight AMS to CDG on 2026-11-30 instead of AMS to CDG on 2026-11-29"
    )


def test_airports_have_days_and_somewhere_to_fly() -> None:
    days = {"firstDate": "2026-11-28", "lastDate": "2026-12-11"}
    assert checks.airports(days | {"airports": [{"to": ["CDG"]}]}) == ""
    assert checks.airports(days | {"airports": [{"to": []}]}) == "no airport with a direct flight"
    assert checks.airports({"airports": []}) == "no bookable days"


def test_each_way_has_its_booking() -> None:
    assert checks.booked({"departBookingId": "a", "returnBookingId": None}, one_way=True) == ""
    assert checks.booked({"departBookingId": "a", "returnBookingId": "b"}, one_way=False) == ""
    assert checks.booked({"departBookingId": "a", "returnBookingId": None}, one_way=False) != ""
    assert checks.booked({"departBookingId": "a", "returnBookingId": "b"}, one_way=True) != ""
    assert checks.booked({}, one_way=True) == "no number of a booking"


def test_what_was_booked_is_listed_for_its_flight() -> None:
    me = "uid1@email.com"
    assert checks.listed([booking("b0"), booking()], me, {"b1": "f1"}) == ""
    assert checks.listed([booking("b0")], me, {"b1": "f1"}) == "booking b1 is not in the list"
    assert checks.listed([booking(of="f2")], me, {"b1": "f1"}) == "booking b1 is for f2, not f1"


def test_anybody_elses_booking_in_the_list_is_a_failure() -> None:
    listed = checks.listed([booking(), booking("b2", customer="uid7@email.com")], "uid1@email.com", {"b1": "f1"})
    assert listed == "a booking of uid7@email.com in the list of uid1@email.com"


def test_what_was_cancelled_is_gone() -> None:
    assert checks.unlisted([booking("b2")], "b1") == ""
    assert checks.unlisted([booking()], "b1") == "booking b1 was cancelled and is still in the list"
