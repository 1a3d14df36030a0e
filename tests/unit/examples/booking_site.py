"""A booking site in a thread, as much of it as the drills' clients ask for, which can be told to misbehave.

`behave` is asked at each booking, with how often its key was seen: "" books and answers, "lose" books and hangs up,
"drop" hangs up without booking, "refuse" says that nothing was done, "unsure" books and says that nobody knows, "lie"
acknowledges and forgets, "twice" books two of them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

Behave = Callable[[int], str]


@dataclass
class State:
    """What the site knows; `keys`: which keys a flight was asked for under."""

    behave: Behave
    bookings: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    uses: dict[str, int] = field(default_factory=dict)
    expire_after: int = 0
    lock: Lock = field(default_factory=Lock)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    state: State
    protocol_version = "HTTP/1.0"

    def log_message(self, *_words: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        with self.state.lock:
            if not self.signed_in():
                return
            if self.path.endswith("/flights/airports"):
                self.tell(200, {"airports": [{"code": f"A{n}", "to": ["B"]} for n in range(6)]})
                return
            customer = self.path.rpartition("/")[2]
            own = self.state.bookings.get(customer, {})
            self.tell(
                200,
                [{"pkey": {"id": n, "customerId": customer}, "flightKey": {"id": f}} for n, f in own.items()],
            )

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        with self.state.lock:
            if self.path.endswith("/login"):
                self.state.sessions += 1
                self.tell(200, "logged in", cookie=f"sessionid=s{self.state.sessions}; Path=/")
            elif self.signed_in():
                self.answer(form)

    def signed_in(self) -> bool:
        session = self.headers.get("Cookie") or ""
        if not session.startswith("sessionid=s"):
            self.error(401, "no_session")
            return False
        uses = self.state.uses[session] = self.state.uses.get(session, 0) + 1
        if self.state.expire_after and uses > self.state.expire_after:
            self.error(401, "session_ended")
            return False
        return True

    def answer(self, form: dict[str, str]) -> None:
        if self.path.endswith("/browseflights"):
            names = [f"{form['fromAirport']}-{n}" for n in range(10)]
            flights = [{"pkey": {"id": name, "flightSegmentId": "S"}} for name in names]
            self.tell(200, {"tripFlights": [{"flightsOptions": flights}]})
        elif self.path.endswith("/bookflights"):
            self.book(form["userid"], form["toFlightId"])
        elif self.state.bookings.get(form["userid"], {}).pop(form["number"], None) is None:
            self.error(404, "unknown_booking")
        else:
            self.tell(200, "booking deleted.")

    def book(self, customer: str, flight: str) -> None:
        key = self.headers["Idempotency-Key"]
        self.state.keys.setdefault(f"{customer} {flight}", set()).add(key)
        times = self.state.seen[key] = self.state.seen.get(key, 0) + 1
        deed = self.state.behave(times)
        if deed == "refuse":
            self.error(503, "database_unavailable")
            return
        own = self.state.bookings.setdefault(customer, {})
        if deed not in ("drop", "lie"):
            own[f"n{key}"] = flight
        if deed == "twice":
            own[f"m{key}"] = flight
        if deed == "unsure":
            self.error(503, "outcome_unknown")
        elif deed not in ("drop", "lose"):
            self.tell(200, {"departBookingId": f"n{key}"})

    def error(self, status: int, code: str) -> None:
        self.tell(status, {"error": {"code": code, "message": code}})

    def tell(self, status: int, answer: Any, cookie: str = "") -> None:
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def site(behave: Behave = lambda _times: "", *, expire_after: int = 0) -> Iterator[tuple[State, str]]:
    """A running site: its state, its address."""
    state = State(behave, expire_after=expire_after)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"state": state}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
