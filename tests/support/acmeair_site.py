"""A person's way through the Acme Air site, over plain HTTP: sign in, search, book, look, cancel, sign out.

Before: an address where Zuul (or a web instance) listens. After: end-to-end tests and figures.
Every step checks what came back, not only its status. Never here: retries; a test says itself what may fail.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

PASSWORD = "password"
HOME, AWAY = "AMS", "JFK"


class SiteError(Exception):
    """The site didn't answer, or not as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises SiteError where it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise SiteError(f"no JSON: {self.status} {self.text[:200]!r}") from None


@dataclass(slots=True)
class Person:
    """One customer at `host:port`, with a session of their own once signed in."""

    host: str
    port: int
    user: str = "uid0@email.com"
    timeout_seconds: float = 10.0
    session: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own. Raises SiteError where there is no answer."""
        sent = {**self.headers, "Accept-Encoding": "identity", **(headers or {})}
        if self.session:
            sent["Cookie"] = f"sessionid={self.session}"
        if form is not None:
            body = urlencode(form).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(self.host, self.port, timeout=self.timeout_seconds)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            heads = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=heads, body=answer.read())
        except (OSError, HTTPException) as error:
            raise SiteError(f"{method} {path}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _expect(self, answer: Answer, what: str, status: int = 200) -> Answer:
        if answer.status != status:
            raise SiteError(f"{what}: {answer.status} {answer.text[:300]}")
        return answer

    def sign_in(self, password: str = PASSWORD) -> None:
        """Raises SiteError where the site doesn't let this customer in."""
        form = {"login": self.user, "password": password}
        answer = self._expect(self.ask("POST", "/rest/api/login", form=form), "sign in")
        cookie = answer.headers.get("set-cookie", "")
        name, _, value = cookie.partition(";")[0].partition("=")
        if name != "sessionid" or not value:
            raise SiteError(f"sign in: no session in {cookie!r}")
        self.session = value

    def sign_out(self) -> None:
        self._expect(self.ask("GET", "/rest/api/login/logout"), "sign out")
        self.session = ""

    def flights(self, home: str = HOME, away: str = AWAY, days: int = 1) -> list[dict[str, Any]]:
        """The flights of the day after `days` days. Raises SiteError where there are none."""
        day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
        form = {"fromAirport": home, "toAirport": away, "fromDate": day, "oneWay": "true"}
        answer = self._expect(self.ask("POST", "/rest/api/flights/queryflights", form=form), "search")
        found: list[dict[str, Any]] = answer.json()["tripFlights"][0]["flightsOptions"]
        if not found:
            raise SiteError(f"search: no flight from {home} to {away} on {day}")
        return found

    def booking_answer(self, flight: Mapping[str, Any], key: str | None = None) -> Answer:
        """The bare answer to a booking, whatever it is."""
        form = {
            "userid": self.user,
            "toFlightId": flight["pkey"]["id"],
            "toFlightSegId": flight["pkey"]["flightSegmentId"],
            "oneWayFlight": "true",
        }
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", "/rest/api/bookings/bookflights", form=form, headers=headers)

    def book(self, flight: Mapping[str, Any], key: str | None = None) -> str:
        """The new booking's number. The site has promised to keep it."""
        answer = self._expect(self.booking_answer(flight, key), "book")
        return str(answer.json()["departBookingId"])

    def bookings(self) -> list[str]:
        """The numbers of this customer's bookings."""
        answer = self._expect(self.ask("GET", f"/rest/api/bookings/byuser/{self.user}"), "bookings")
        return [one["pkey"]["id"] for one in answer.json()]

    def cancel(self, number: str) -> None:
        form = {"userid": self.user, "number": number}
        self._expect(self.ask("POST", "/rest/api/bookings/cancelbooking", form=form), "cancel")

    def journey(self) -> str:
        """Sign in, search, book, find it in the list; the booking's number. Raises SiteError at the first step that
        fails.
        """
        self.sign_in()
        number = self.book(self.flights()[0], secrets.token_hex(8))
        if number not in self.bookings():
            raise SiteError(f"booking {number} is not in the list")
        return number
