"""The example in three zones: zones are cut from each other, a Cassandra node or everything in a zone is killed, while
customers book.
"""

import secrets
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from tests.support.acmeair import Cloud, cloud
from tests.support.acmeair_drills import run
from tests.support.acmeair_site import Person, SiteError

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]
PARTS = ("cassandra", "eureka", "zuul", "auth", "web")


@pytest.fixture(scope="module")
def wide(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of its own."""
    with cloud(engine, tmp_path_factory.mktemp("acmeair-ha"), example="acmeair-ha") as made:
        yield made


class Booking:
    """Books one flight after the other until told to stop; what was acknowledged, and what was not."""

    def __init__(self, person: Person) -> None:
        self.booked: list[str] = []
        self.refused: list[str] = []
        self._person = person
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._person.sign_in()
        self._flight = self._person.flights()[0]
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.booked.append(self._person.book(self._flight, secrets.token_hex(8)))
            except SiteError as error:
                self.refused.append(str(error))


def replaced(air: Cloud, names: list[str], before: dict[str, str]) -> bool:
    now = air.loop.containers()
    return all(now.get(name) not in (None, before[name]) for name in names)


def test_cut_in_two_the_majority_books_the_minority_refuses_and_nothing_is_lost_or_doubled(wide: Cloud) -> None:
    told = run(
        wide, "acmeair-ha", "split-brain", {"wait: 10s": "wait: 4s", "for: 30s": "for: 12s", "wait: 15s": "wait: 4s"}
    )
    assert told.passed, told.said
    assert told.report["replacements"] == []
    (cut,) = told.report["faults"]
    assert cut["facts"]["pairs"] == cut["facts"]["pairs_as_meant"] > 0
    minority, majority = told.side("az1"), told.side("az2")
    assert minority["refused"] + minority["unknown"] > 0
    assert majority["acknowledged"] > minority["acknowledged"] > 0


@pytest.mark.parametrize(
    ("parts", "zone"), [(("cassandra",), 2), (PARTS, 1), (PARTS, 2)], ids=["a database node", "zone az1", "zone az2"]
)
def test_whoever_books_meanwhile_loses_nothing(wide: Cloud, parts: tuple[str, ...], zone: int) -> None:
    names = [f"{wide.loop.env}-{part}-{zone}" for part in parts]  # the numbers go with the zones
    before = wide.loop.containers()
    person = wide.person(40 + zone, port=wide.site + (1 if zone == 1 else 0))  # through the other zone's Zuul
    with Booking(person) as booking:
        wide.loop.until(lambda: len(booking.booked) >= 5, 30, "bookings are made")
        for name in names:
            wide.loop.docker.kill(name)
        at = len(booking.booked)
        wide.loop.until(lambda: replaced(wide, names, before), 60, "all are replaced")
        wide.until_ready()
    assert len(booking.booked) > at + 5
    assert len(booking.refused) <= 1, booking.refused
    assert set(booking.booked) <= set(person.bookings())
