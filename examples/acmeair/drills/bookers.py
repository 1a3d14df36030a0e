#!/usr/bin/env python3
"""Customers of Acme Air who book and cancel while things break, and write down what they asked and what they were told.

Before: a drill's `clients:`, or a person. After: customers, which asks the site and writes the history
($RECONCILER_HISTORY, docs/reference/consistency.md). The same customers are at every side, each side with flights of
its own. Told to end (SIGTERM, Ctrl-C), they book nothing more, and read all bookings back through every side, within
a bound.
Never here: a request sent again under another key.

Exit code 0 when everything was read back, 1 when not, 64 for options that make no sense, 69 when there is no site.
"""

import argparse
import itertools
import os
import random
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from customers import AGAIN_SECONDS, FAIL, INFO, OK, History, Outcome, Person, read

TRIES = 3
FIRST, LAST = 60, 99  # whose accounts; load, beside it, has to take others
RESERVE = 60  # flights known beforehand: who is cut off can tell none, and goes on trying to book


@dataclass
class Client:
    """One customer at one side, who does one thing after the other."""

    person: Person
    history: History
    rng: random.Random
    stop: threading.Event
    share: tuple[int, int]
    settings: argparse.Namespace
    taken: set[str] = field(default_factory=set)
    booked: dict[str, str] = field(default_factory=dict)
    process: int = 0

    def run(self) -> None:
        """Until the end, or enough was done."""
        self.process = self.history.process()
        flights = self.flights()
        reserve = [flight for flight in itertools.islice(flights, RESERVE) if flight]
        for _ in range(self.settings.most):
            if self.stop.is_set():
                return
            draw = self.rng.random()
            if draw < self.settings.cancel and self.booked:
                self.cancel(self.rng.choice(sorted(self.booked)))
            elif draw < self.settings.cancel + self.settings.look:
                read(self.history, self.process, self.person)
            elif (flight := reserve.pop() if reserve else next(flights, None)) is not None:
                self.book(*flight)
            self.stop.wait(self.settings.pause * self.rng.uniform(0.5, 1.5))

    def flights(self) -> Iterator[tuple[str, str] | None]:
        """Flights that nobody else asks for with this customer; None where the site doesn't tell any now."""
        places: list[tuple[str, str]] = []
        while not places:
            found = self.person.request("GET", "/flights/airports")
            if found.type != OK:
                yield None
                continue
            every = sorted((one["code"], to) for one in found.answer["airports"] for to in one["to"])
            places = every[self.share[0] :: self.share[1]]
            self.rng.shuffle(places)
        for start, end in places:
            form = {"fromAirport": start, "toAirport": end, "oneWay": "true"}
            while (found := self.person.request("POST", "/flights/browseflights", form)).type != OK:
                yield None
            for flight in found.answer["tripFlights"][0]["flightsOptions"]:
                if flight["pkey"]["id"] not in self.taken:
                    yield flight["pkey"]["id"], flight["pkey"]["flightSegmentId"]

    def book(self, flight: str, segment: str) -> None:
        """A booking, under a key of its own."""
        form = {"userid": self.person.customer, "toFlightId": flight, "toFlightSegId": segment, "oneWayFlight": "true"}
        key = uuid.UUID(int=self.rng.getrandbits(128)).hex
        outcome = self.write("add", flight, "/bookings/bookflights", form, key=key)
        if outcome.type == OK:
            self.booked[flight] = outcome.answer["departBookingId"]

    def cancel(self, flight: str) -> None:
        """Its end. A number that is unknown after a try of which nobody knows was cancelled by that one."""
        number = self.booked.pop(flight)
        form = {"userid": self.person.customer, "number": number}
        self.write("remove", flight, "/bookings/cancelbooking", form, number=number)

    def write(
        self, operation: str, value: str, path: str, form: dict[str, str], key: str = "", number: str = ""
    ) -> Outcome:
        """One change in the history; who doesn't know how it ended goes on under a new number."""
        told = {"process": self.process, "operation": operation, "key": self.person.customer, "value": value}
        told |= {"side": self.person.side, "id": number}
        self.history.write(type="invoke", **told)
        outcome = self.insist(path, form, key)
        if outcome.type == OK and operation == "add":
            told["id"] = outcome.answer["departBookingId"]
        self.history.write(type=outcome.type, error=outcome.said, **told)
        if outcome.type == INFO:
            self.process = self.history.process()
        return outcome

    def insist(self, path: str, form: dict[str, str], key: str) -> Outcome:
        """The same request until it is known how it ended, three times at most. Once in doubt, nothing is certain."""
        doubt: Outcome | None = None
        left = TRIES
        while True:
            left -= 1
            outcome = self.person.request("POST", path, form, key)
            if outcome.type == OK or (doubt and not key and outcome.code == "unknown_booking"):
                return Outcome(OK, outcome.answer)
            doubt = outcome if outcome.type == INFO else doubt
            if not left or (outcome.type == FAIL and 400 <= outcome.status < 500):
                return doubt or outcome
            self.stop.wait(AGAIN_SECONDS)


def options(words: list[str]) -> argparse.Namespace:
    """What was asked for; ends the process with 64 where that makes no sense."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--side", action="append", metavar="NAME=URL", help="once for each side: az1=http://127.0.0.1:8080"
    )
    parser.add_argument("--customers", type=int, default=3, help="at each side the same (3)")
    parser.add_argument("--first-customer", type=int, help="60 means uid60@email.com (by chance, from 60 on)")
    parser.add_argument("--seconds", type=float, default=600.0, help="at most (600)")
    parser.add_argument("--most", type=int, default=500, help="things that each of them does (500)")
    parser.add_argument("--pause", type=float, default=0.4, help="seconds between two of them (0.4)")
    parser.add_argument("--cancel", type=float, default=0.1, help="share of cancellations (0.1)")
    parser.add_argument("--look", type=float, default=0.1, help="share of reads in between (0.1)")
    parser.add_argument("--timeout", type=float, default=6.0, help="seconds for an answer (6)")
    parser.add_argument("--wait", type=float, default=30.0, help="seconds of patience at the start (30)")
    parser.add_argument("--read-back", type=float, default=60.0, help="seconds of patience at the end (60)")
    parser.add_argument("--seed", type=int, default=None, help="who books what (by chance)")
    parser.add_argument(
        "--history", type=Path, default=os.environ.get("RECONCILER_HISTORY"), help="$RECONCILER_HISTORY"
    )
    try:
        found = parser.parse_args(words)
        found.side = dict(side.split("=", 1) for side in found.side or ["site=http://127.0.0.1:8080"])
        wrong = [url for url in found.side.values() if urlsplit(url).scheme != "http" or not urlsplit(url).port]
        if wrong:
            parser.error(f"{wrong[0]!r} is no address such as http://127.0.0.1:8080")
        if found.history is None:
            parser.error("where to? set RECONCILER_HISTORY or --history to a file")
        if not 1 <= found.customers <= LAST - FIRST or not 0 <= found.cancel + found.look < 1:
            parser.error("--customers is from 1 to 39, --cancel and --look leave room for bookings")
    except ValueError:
        parser.print_usage(sys.stderr)
        sys.exit(64)
    except SystemExit as end:
        sys.exit(64 if end.code else 0)
    return found


def say(text: str) -> None:
    """One line for people."""
    sys.stderr.write(f"bookers: {text}\n")


class Everybody:
    """All clients of a run, from the first look to the last."""

    def __init__(self, settings: argparse.Namespace) -> None:
        self._settings = settings
        self._history = History(settings.history)
        self._seed = settings.seed if settings.seed is not None else random.randrange(1 << 32)  # noqa: S311
        by_chance = random.Random(self._seed).randint(FIRST, LAST + 1 - settings.customers)  # noqa: S311
        first = by_chance if settings.first_customer is None else settings.first_customer
        self._customers = [f"uid{number}@email.com" for number in range(first, first + settings.customers)]
        self.stop = threading.Event()

    def person(self, customer: str, side: str) -> Person:
        """A customer at a side, not signed in yet."""
        url = urlsplit(self._settings.side[side])
        return Person(customer, side, str(url.hostname), url.port or 80, self._settings.timeout)

    def clients(self) -> list[Client]:
        """Everybody, each with what was there before; none where there is no site."""
        say(
            f"{len(self._customers)} customers from {self._customers[0]} on, at {', '.join(self._settings.side)}; "
            f"seed {self._seed}"
        )
        until = time.monotonic() + self._settings.wait
        sides = list(self._settings.side)
        made = []
        for customer in self._customers:
            before = read(self._history, self._history.process(), self.person(customer, sides[0]), until=until)
            if before.type != OK:
                say(f"no bookings of {customer}: {before.said}")
                return []
            taken = {item["value"] for item in before.answer}
            for place, side in enumerate(sides):
                rng = random.Random(f"{self._seed} {customer} {side}")  # noqa: S311 - who books what, so that it can be had again
                share = (place, len(sides))
                made.append(
                    Client(self.person(customer, side), self._history, rng, self.stop, share, self._settings, taken)
                )
        return made

    def run(self) -> int:
        """The exit code."""
        try:
            return self._run()
        finally:
            self._history.close()

    def _run(self) -> int:
        clients = self.clients()
        if not clients:
            return 69
        with ThreadPoolExecutor(len(clients)) as many:
            working = [many.submit(client.run) for client in clients]
            ending = threading.Timer(self._settings.seconds, self.stop.set)
            ending.start()
            mistakes = [error for work in working if (error := work.exception())]
            ending.cancel()
            say("booked enough; reading back")
            until = time.monotonic() + self._settings.read_back
            pairs = [(customer, side) for customer in self._customers for side in self._settings.side]
            found = list(many.map(lambda pair: self._last(*pair, until=until), pairs))
        unread = [pair for pair, outcome in zip(pairs, found, strict=True) if outcome.type != OK]
        for customer, side in unread:
            say(f"{customer} was not read back through {side}")
        say(f"{len(found) - len(unread)} of {len(found)} reads at the end")
        for mistake in mistakes:
            say(f"a client ended before the others: {mistake!r}")
        return 1 if unread or mistakes else 0

    def _last(self, customer: str, side: str, *, until: float) -> Outcome:
        return read(self._history, self._history.process(), self.person(customer, side), final=True, until=until)


def main() -> int:
    """The program."""
    everybody = Everybody(options(sys.argv[1:]))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: everybody.stop.set())
    return everybody.run()


if __name__ == "__main__":
    sys.exit(main())
