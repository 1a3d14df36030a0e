"""Airports and segments: few, the same for days, so they are kept in memory and read again every minute.

Where they can't be read, the last ones go on to be used; and while they are: one reads them anew, for all others.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from acmeair.asgi import Request, Response, answer
from acmeair.errors import Refusal, StoreError, Unavailable
from acmeair.ports import Kind, Row, Statement, Store

FRESH_SECONDS = 60.0

STATEMENTS = {
    "airports": Statement("SELECT * FROM acmeair.airport_code_mapping WHERE network = 'acmeair'", Kind.READ),
    "segments": Statement("SELECT * FROM acmeair.flight_segment", Kind.READ),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A direct connection, with what all its flights share."""

    id: str
    origin: str
    destination: str
    miles: int
    economy_cost: int
    first_cost: int
    economy_seats: int
    first_seats: int
    airplane: str


@dataclass(frozen=True, slots=True)
class Network:
    """All of it at one time."""

    airports: dict[str, Row]
    by_places: dict[tuple[str, str], Segment]
    by_id: dict[str, Segment]
    first_day: str
    last_day: str


class Networks:
    """The present network."""

    def __init__(self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now
        self._kept: Network | None = None
        self._read_at = 0.0
        self._reading = False

    async def get(self) -> Network:
        """The network; raises Unavailable where it was never read."""
        if self._kept is not None and (self._reading or time.monotonic() - self._read_at < FRESH_SECONDS):
            return self._kept
        self._reading = True
        try:
            self._kept = await self._read()
        except StoreError:
            if self._kept is None:
                raise
        finally:
            self._reading = False
        self._read_at = time.monotonic()
        return self._kept

    async def _read(self) -> Network:
        airports = await self._store.run("airports")
        if not airports:
            raise Unavailable("the data is not loaded yet")
        found = [_segment(row) for row in await self._store.run("segments")]
        return Network(
            airports={row["airport_code"]: row for row in airports},
            by_places={(segment.origin, segment.destination): segment for segment in found},
            by_id={segment.id: segment for segment in found},
            first_day=airports[0]["first_day"],
            last_day=airports[0]["last_day"],
        )

    async def airports(self, _request: Request) -> Response:
        """`GET /rest/api/flights/airports`."""
        network = await self.get()
        listed = [
            {
                "code": code,
                "name": row["airport_name"],
                "city": row["city"],
                "country": row["country"],
                "to": sorted(destination for origin, destination in network.by_places if origin == code),
            }
            for code, row in sorted(network.airports.items(), key=lambda item: item[1]["airport_name"])
        ]
        first = max(network.first_day, f"{self._now():%Y-%m-%d}")
        return answer({"firstDate": first, "lastDate": network.last_day, "airports": listed})


def _segment(row: Row) -> Segment:
    return Segment(
        id=row["id"],
        origin=row["origin_port"],
        destination=row["dest_port"],
        miles=row["miles"],
        economy_cost=row["economy_class_base_cost"],
        first_cost=row["first_class_base_cost"],
        economy_seats=row["num_economy_class_seats"],
        first_seats=row["num_first_class_seats"],
        airplane=row["airplane_type_id"],
    )


def known_airport(network: Network, code: str) -> str:
    """The code; raises Refusal when there is no such airport."""
    if code not in network.airports:
        raise Refusal(404, "unknown_airport", f"There is no airport {code}.")
    return code
