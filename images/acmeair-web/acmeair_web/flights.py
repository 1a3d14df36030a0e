"""Searching flights."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from acmeair import fields
from acmeair.asgi import Request, Response, answer
from acmeair.errors import Refusal, bad
from acmeair.ports import Kind, Row, Statement, Store
from acmeair.times import aware, written
from acmeair_web.network import Network, Networks, Segment, known_airport

PAGE_SIZE = 10
REMEMBERED = 2048  # flights kept in memory: once loaded, they never change
LOOKED_UP_AT_ONCE = 16  # all of a long list at once took this instance's memory when the database was slow
COLUMNS = "flight_segment_id, id, scheduled_departure_time, scheduled_arrival_time"
FLIGHTS = f"SELECT {COLUMNS} FROM acmeair.flight WHERE origin_port = ? AND flight_segment_id = ?"  # noqa: S608 - our own columns

STATEMENTS = {
    "flights.between": Statement(f"{FLIGHTS} AND id >= ? AND id < ?", Kind.READ),
    "flights.from": Statement(f"{FLIGHTS} AND id >= ? LIMIT {PAGE_SIZE}", Kind.READ),
    "flights.one": Statement(f"{FLIGHTS} AND id = ?", Kind.READ),
}


def flight_shape(row: Row, segment: Segment) -> dict[str, Any]:
    """A flight as the API writes it."""
    return {
        "pkey": {"id": row["id"], "flightSegmentId": segment.id},
        "flightSegment": {
            "flightName": segment.id,
            "originPort": segment.origin,
            "destPort": segment.destination,
            "miles": segment.miles,
        },
        "scheduledDepartureTime": written(row["scheduled_departure_time"]),
        "scheduledArrivalTime": written(row["scheduled_arrival_time"]),
        "economyClassBaseCost": segment.economy_cost,
        "firstClassBaseCost": segment.first_cost,
        "numEconomyClassSeats": segment.economy_seats,
        "numFirstClassSeats": segment.first_seats,
        "airplaneTypeId": segment.airplane,
    }


def legs_shape(legs: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """The legs of a trip, as the API writes them."""
    pages = [
        {"numPages": 1, "currentPage": 0, "pageSize": PAGE_SIZE, "hasMoreOptions": False, "flightsOptions": flights}
        for flights in legs
    ]
    return {"tripLegs": len(legs), "tripFlights": pages}


class Flights:
    """The handlers, and finding one flight for bookings."""

    def __init__(
        self, store: Store, networks: Networks, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._networks = networks
        self._now = now
        self._known: dict[tuple[str, str], Row] = {}
        self._looking = asyncio.Semaphore(LOOKED_UP_AT_ONCE)

    async def query(self, request: Request) -> Response:
        """`POST /rest/api/flights/queryflights`."""
        given = request.fields()
        network = await self._networks.get()
        origin, destination = _places(given, network)
        one_way = fields.flag(given, "oneWay")
        there = fields.day(given, "fromDate")
        back = None if one_way else _way_back(given, there)
        legs = [self._on(network, origin, destination, there)]
        if back is not None:
            legs.append(self._on(network, destination, origin, back))
        return answer(legs_shape(await asyncio.gather(*legs)))

    async def browse(self, request: Request) -> Response:
        """`POST /rest/api/flights/browseflights`."""
        given = request.fields()
        network = await self._networks.get()
        origin, destination = _places(given, network)
        one_way = fields.flag(given, "oneWay")
        legs = [self._next(network, origin, destination)]
        if not one_way:
            legs.append(self._next(network, destination, origin))
        return answer(legs_shape(await asyncio.gather(*legs)))

    async def _on(self, network: Network, origin: str, destination: str, day: date) -> list[dict[str, Any]]:
        segment = network.by_places.get((origin, destination))
        if segment is None:
            return []
        rows = await self._store.run("flights.between", origin, segment.id, f"{day:%Y%m%d}-", f"{day:%Y%m%d}.")
        return [flight_shape(row, segment) for row in rows if aware(row["scheduled_departure_time"]) > self._now()]

    async def _next(self, network: Network, origin: str, destination: str) -> list[dict[str, Any]]:
        segment = network.by_places.get((origin, destination))
        if segment is None:
            return []
        rows = await self._store.run("flights.from", origin, segment.id, f"{self._now():%Y%m%d-%H%M.}")
        return [flight_shape(row, segment) for row in rows]

    async def one(self, number: str, segment_id: str) -> tuple[Row, Segment]:
        """A flight; raises Refusal when there is none."""
        segment = (await self._networks.get()).by_id.get(segment_id)
        row = await self._row(number, segment) if segment else None
        if segment is None or row is None:
            raise Refusal(404, "unknown_flight", f"There is no flight {number} of segment {segment_id}.")
        return row, segment

    async def _row(self, number: str, segment: Segment) -> Row | None:
        key = segment.id, number
        known = self._known.get(key)
        if known is not None:
            return known
        async with self._looking:
            rows = await self._store.run("flights.one", segment.origin, segment.id, number)
        if not rows:
            return None
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[key] = rows[0]
        return rows[0]

    def departed(self, row: Row) -> bool:
        """Whether it is too late to book it."""
        return aware(row["scheduled_departure_time"]) <= self._now()


def _way_back(given: dict[str, Any], there: date) -> date:
    back = fields.day(given, "returnDate")
    if back < there:
        raise bad("bad_date", "returnDate is before fromDate.")
    return back


def _places(given: dict[str, Any], network: Network) -> tuple[str, str]:
    origin = known_airport(network, fields.airport(given, "fromAirport"))
    destination = known_airport(network, fields.airport(given, "toAirport"))
    if origin == destination:
        raise bad("same_airport", "fromAirport and toAirport are the same.")
    return origin, destination
