"""A customer's journey: sign in, search, book, look at the bookings, sometimes cancel, sign out.

Before: load, which starts many of them. After: the site through Zuul; checks, which says whether an answer is right.
A request that fails ends its journey, and nothing is sent a second time: what a user would notice is counted.
"""

import itertools
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import checks
from figures import Record
from gevent import sleep
from locust import FastHttpUser, constant, task

Answer = Any  # an answer's JSON


@dataclass(slots=True)
class Course:
    """What all travellers share: how they behave, who they are, and where it's written down."""

    record: Record
    started: float
    customers: Iterator[int]
    pause_seconds: float
    cancel_share: float
    one_way_share: float
    timeout_seconds: float
    rng: random.Random = field(default_factory=random.Random)

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


class Ended(Exception):
    """A request failed: the journey can't go on."""


class Traveller(FastHttpUser):
    """One user, with one customer's account, who makes a journey after the other."""

    abstract = False
    wait_time = constant(0)
    course: Course  # set by load before the first one is made

    def __init__(self, environment: Any) -> None:
        # What FastHttpUser reads of its class while it makes its client.
        self.connection_timeout = self.network_timeout = self.course.timeout_seconds
        super().__init__(environment)
        self.customer = f"uid{next(self.course.customers)}@email.com"
        self.spent_ms = 0.0

    @task
    def journey(self) -> None:
        """The whole way; what it took is the sum of its requests' times."""
        self.spent_ms = 0.0
        try:
            self.sign_in()
            flights = self.search()
            numbers = self.book(flights)
            self.look(lambda answer: checks.listed(answer, self.customer, numbers))
            if self.course.rng.random() < self.course.cancel_share:
                self.cancel(next(iter(numbers)))
            self.sign_out()
        except Ended:
            self.course.record.journey(self.course.now(), self.spent_ms, failed=True)
            self.client.cookiejar.clear()
            sleep(max(0.1, self.course.pause_seconds))  # a site that refuses at once isn't asked in a tight loop
            return
        self.course.record.journey(self.course.now(), self.spent_ms)

    def sign_in(self) -> None:
        """A session, and it is the customer's own."""
        self.ask("POST", "/login", {"login": self.customer, "password": "password"}, plain="logged in")
        self.ask("GET", "/login/session", check=lambda answer: checks.signed_in(answer, self.customer))

    def search(self) -> list[dict[str, Any]]:
        """A flight for each way, of those found."""
        rng = self.course.rng
        offer = self.ask("GET", "/flights/airports", check=checks.airports)
        start = rng.choice([airport for airport in offer["airports"] if airport["to"]])
        first, last = date.fromisoformat(offer["firstDate"]), date.fromisoformat(offer["lastDate"])
        # Not the first day: its flights may have left.
        out = rng.randint(min(1, (last - first).days), (last - first).days)
        asked = {
            "fromAirport": start["code"],
            "toAirport": rng.choice(start["to"]),
            "fromDate": str(first + timedelta(days=out)),
            "oneWay": "true" if rng.random() < self.course.one_way_share else "false",
        }
        if asked["oneWay"] == "false":
            asked["returnDate"] = str(first + timedelta(days=rng.randint(out, (last - first).days)))
        found = self.ask("POST", "/flights/queryflights", asked, check=lambda answer: checks.flights(answer, asked))
        return [rng.choice(leg["flightsOptions"])["pkey"] for leg in found["tripFlights"]]

    def book(self, flights: list[dict[str, Any]]) -> dict[str, str]:
        """Books, under a key of this action's own; each booking's number with its flight."""
        one_way = len(flights) == 1
        fields = {"userid": self.customer, "oneWayFlight": "true" if one_way else "false"}
        for way, flight in zip(("to", "ret"), flights, strict=False):
            fields |= {f"{way}FlightId": flight["id"], f"{way}FlightSegId": flight["flightSegmentId"]}
        made = self.ask(
            "POST",
            "/bookings/bookflights",
            fields,
            key=uuid.UUID(int=self.course.rng.getrandbits(128)).hex,
            check=lambda answer: checks.booked(answer, one_way=one_way),
        )
        numbers = (made["departBookingId"], made["returnBookingId"])
        return {number: flight["id"] for number, flight in zip(numbers, flights, strict=False)}

    def look(self, check: Callable[[Answer], str]) -> None:
        """The bookings, as `check` wants them."""
        self.ask("GET", f"/bookings/byuser/{self.customer}", name="GET /bookings/byuser", check=check)

    def cancel(self, number: str) -> None:
        """Cancels one, and it is gone."""
        self.ask("POST", "/bookings/cancelbooking", {"userid": self.customer, "number": number}, plain="deleted")
        self.look(lambda answer: checks.unlisted(answer, number))

    def sign_out(self) -> None:
        """The session's end."""
        self.ask("GET", "/login/logout", plain="logged out")

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        name: str = "",
        key: str = "",
        plain: str = "",
        check: Callable[[Answer], str] | None = None,
    ) -> Answer:
        """One request; its JSON, or None where the answer has to have the text `plain`. Raises Ended."""
        headers = {"Accept-Encoding": "gzip", "Idempotency-Key": key} if key else {"Accept-Encoding": "gzip"}
        extra = {"json": fields} if fields is not None else {}
        answer = None
        with self.client.request(
            method, f"/rest/api{path}", name=name or f"{method} {path}", headers=headers, catch_response=True, **extra
        ) as response:
            problem, answer = checks.understood(response.status_code, response.text or "", plain=plain, check=check)
            if response.status_code == 0:
                problem = f"no answer: {response.error!r}"
            response.success() if not problem else response.failure(problem)
        self.spent_ms += response.request_meta["response_time"]
        if problem:
            raise Ended
        if self.course.pause_seconds:
            sleep(self.course.pause_seconds)
        return answer


def numbers_between(first: int, last: int) -> Iterator[int]:
    """The customers' numbers, one after the other and from the beginning again."""
    return itertools.cycle(range(first, last + 1))
