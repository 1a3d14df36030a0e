"""A customer of Acme Air over plain HTTP, and the file that tells what was asked and what was answered.

Before: bookers, which decides what is asked. After: the site, through the address of one side; the history, in the
form of docs/reference/consistency.md. Never here: a guess. What isn't known is `info`, and a refusal counts only where
the site itself says that nothing was done.
"""

import json
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

OK, FAIL, INFO = "ok", "fail", "info"
NOTHING_DONE = ("database_unavailable", "auth_unavailable", "no_web", "overloaded")  # the site's own promise
AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """How a request ended; `answer` is its JSON or text, `said` what was said instead."""

    type: str
    answer: Any = None
    said: str = ""
    status: int = 0
    code: str = ""


class History:
    """The file. One line at a time, in the order of events."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._processes = 0

    def process(self) -> int:
        """A number that nobody has had."""
        with self._lock:
            self._processes += 1
            return self._processes - 1

    def write(self, **fields: Any) -> None:
        """A line; what is empty is left out."""
        with self._lock:
            told = {
                name: value
                for name, value in fields.items()
                if value is not None and value is not False and value != ""
            }
            told["time"] = round(time.monotonic() - self._began, 6)
            self._file.write(json.dumps(told) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()


@dataclass
class Person:
    """A customer at one side, with a session of their own."""

    customer: str
    side: str
    host: str
    port: int
    timeout_seconds: float
    session: str = ""

    def request(self, method: str, path: str, form: dict[str, str] | None = None, key: str = "") -> Outcome:
        """One request. A refused sign-in is signed in again, and sent again: nothing was done."""
        outcome = self._send(method, path, form, key) if self.session or self._sign_in() else self._nobody()
        if outcome.status == 401:
            outcome = self._send(method, path, form, key) if self._sign_in() else self._nobody()
        return outcome

    def _sign_in(self) -> bool:
        self.session = ""
        return self._send("POST", "/login", {"login": self.customer, "password": "password"}, "").type == OK

    def _nobody(self) -> Outcome:
        return Outcome(FAIL, said="nobody can be signed in, so it wasn't sent", code="auth_unavailable")

    def _send(self, method: str, path: str, form: dict[str, str] | None, key: str) -> Outcome:
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"Cookie": f"sessionid={self.session}"} if self.session else {}
        headers |= {"Idempotency-Key": key} if key else {}
        connection = HTTPConnection(self.host, self.port, timeout=self.timeout_seconds)
        try:
            try:
                connection.connect()
            except OSError as error:
                return Outcome(FAIL, said=f"no connection: {error}", code="no_connection")
            connection.request(method, f"/rest/api{path}", urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            return self._understood(answer.status, answer.read(), answer.getheader("Set-Cookie") or "")
        except (OSError, HTTPException) as error:
            return Outcome(INFO, said=f"no answer: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def _understood(self, status: int, body: bytes, cookie: str) -> Outcome:
        text = body.decode(errors="replace")
        name, _, value = cookie.partition(";")[0].partition("=")
        if name == "sessionid":
            self.session = value
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
        if status == 200:
            return Outcome(OK, answer)
        error = answer.get("error") if isinstance(answer, dict) else None
        code = str(error.get("code")) if isinstance(error, dict) else ""
        certain = code in NOTHING_DONE or 400 <= status < 500
        return Outcome(FAIL if certain else INFO, said=f"{status} {text[:200]}", status=status, code=code)

    def bookings(self) -> Outcome:
        """All bookings, as a read's value; a read changes nothing, so one that wasn't answered failed."""
        outcome = self.request("GET", f"/bookings/byuser/{self.customer}")
        if outcome.type != OK:
            return Outcome(FAIL, said=outcome.said)
        try:
            return Outcome(OK, [_item(booking) for booking in outcome.answer])
        except (KeyError, TypeError):
            return Outcome(FAIL, said=f"an answer of another form: {str(outcome.answer)[:200]}")


def _item(booking: dict[str, Any]) -> dict[str, str]:
    own = booking["pkey"]
    return {"value": booking["flightKey"]["id"], "id": own["id"], "owner": own["customerId"]}


def read(history: History, process: int, person: Person, *, final: bool = False, until: float = 0.0) -> Outcome:
    """A read in the history, tried again until that time; asked once at least."""
    told = {"process": process, "operation": "read", "key": person.customer, "final": final, "side": person.side}
    history.write(type="invoke", **told)
    while (outcome := person.bookings()).type != OK and time.monotonic() < until:
        time.sleep(AGAIN_SECONDS)
    history.write(type=outcome.type, value=outcome.answer, error=outcome.said, **told)
    return outcome
