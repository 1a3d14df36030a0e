"""What an answer has to say to count as right: a status of 200 alone proves little.

Before: journey, which hands over answers as they came. After: a problem in words, "" when all is well.
Pure. Never here: requests, locust.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def understood(
    status: int, text: str, *, plain: str = "", check: Callable[[Any], str] | None = None
) -> tuple[str, Any]:
    """What is wrong with an answer ("" for nothing), and its JSON; where `plain` is wanted it's a text that says so."""
    if status != 200:
        return f"status {status}: {text}", None
    if plain:
        return ("" if plain in text else f"{plain!r} isn't in the answer: {text}"), None
    try:
        answer = json.loads(text)
        return (check(answer) if check else ""), answer
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        return f"an answer of another form ({error!r}): {text}", None


def signed_in(answer: Mapping[str, Any], customer: str) -> str:
    """The session has to be the customer's own: a site that fails open gives somebody else's, or nobody's."""
    found = answer.get("customerid")
    return "" if found == customer else f"the session's customer is {found!r}, not {customer!r}"


def airports(answer: Mapping[str, Any]) -> str:
    """There have to be airports that one can fly from, and days to do it on."""
    if not answer.get("firstDate") or not answer.get("lastDate"):
        return "no bookable days"
    return "" if any(airport["to"] for airport in answer["airports"]) else "no airport with a direct flight"


def flights(answer: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    """Each leg has flights, from where to where and on the day that was asked for."""
    legs: Sequence[Mapping[str, Any]] = answer.get("tripFlights", ())
    ways = [(asked["fromAirport"], asked["toAirport"], asked["fromDate"])]
    if asked["oneWay"] != "true":
        ways.append((asked["toAirport"], asked["fromAirport"], asked["returnDate"]))
    if len(legs) != len(ways):
        return f"{len(legs)} legs instead of {len(ways)}"
    for leg, (start, end, day) in zip(legs, ways, strict=True):
        if not leg["flightsOptions"]:
            return f"no flight {start} to {end} on {day}"
        for flight in leg["flightsOptions"]:
            segment = flight["flightSegment"]
            found = (segment["originPort"], segment["destPort"], flight["scheduledDepartureTime"][:10])
            if found != (start, end, day):
                return f"a flight {found[0]} to {found[1]} on {found[2]} instead of {start} to {end} on {day}"
    return ""


def booked(answer: Mapping[str, Any], *, one_way: bool) -> str:
    """A booking's number for each way."""
    if not answer.get("departBookingId"):
        return "no number of a booking"
    back = answer.get("returnBookingId")
    return "" if bool(back) != one_way else f"the way back's booking is {back!r}"


def listed(answer: Sequence[Mapping[str, Any]], customer: str, numbers: Mapping[str, str]) -> str:
    """What was booked is there, for the right flights (`numbers`: booking to flight), and nothing of others."""
    found = {booking["pkey"]["id"]: booking for booking in answer}
    for booking in found.values():
        if booking["pkey"]["customerId"] != customer:
            return f"a booking of {booking['pkey']['customerId']} in the list of {customer}"
    for number, flight in numbers.items():
        if number not in found:
            return f"booking {number} is not in the list"
        if found[number]["flightKey"]["id"] != flight:
            return f"booking {number} is for {found[number]['flightKey']['id']}, not {flight}"
    return ""


def unlisted(answer: Sequence[Mapping[str, Any]], number: str) -> str:
    """What was cancelled is gone."""
    there = any(booking["pkey"]["id"] == number for booking in answer)
    return f"booking {number} was cancelled and is still in the list" if there else ""
