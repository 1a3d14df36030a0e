"""Bookings: made, listed, cancelled.

A booking is one conditional write to the customer's partition: the record of the request (kept 24 hours) if there is
none yet, and with it both legs. So it is whole or absent, and of the same request sent twice, at once or later, here or
at another instance, one is the first and the others find its record. Acknowledged means: a majority of the replicas
has it on disk, and a read asks enough of them to see it.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from acmeair import fields
from acmeair.asgi import Request, Response, answer, plain
from acmeair.errors import OutcomeUnknown, Refusal, Unavailable, bad
from acmeair.ports import Kind, Row, Statement, Store
from acmeair.times import written
from acmeair_web.flights import Flights, flight_shape
from acmeair_web.requests import BookingIds, Trip, booking_ids, request_key
from acmeair_web.signing import own

RECORD_SECONDS = 24 * 3600
PAUSES = (0.05, 0.15, 0.3)
REPLAYED = (("Idempotency-Replayed", "true"),)
LEG = """INSERT INTO acmeair.booking (customer_id, kind, id, flight_id, flight_segment_id, date_of_booking)
    VALUES (?, 'b', ?, ?, ?, ?);"""
RECORD = f"""INSERT INTO acmeair.booking (customer_id, kind, id, request, other_id, date_of_booking)
    VALUES (?, 'r', ?, ?, ?, ?) IF NOT EXISTS USING TTL {RECORD_SECONDS};"""  # noqa: S608 - a number of ours
COLUMNS = "customer_id, id, flight_id, flight_segment_id, date_of_booking"
BOOKINGS = f"SELECT {COLUMNS} FROM acmeair.booking WHERE customer_id = ? AND kind = 'b'"  # noqa: S608 - our own columns

STATEMENTS = {
    "booking.one-way": Statement(f"BEGIN BATCH {RECORD} {LEG} APPLY BATCH", Kind.ONCE),
    "booking.return": Statement(f"BEGIN BATCH {RECORD} {LEG} {LEG} APPLY BATCH", Kind.ONCE),
    "booking.record": Statement(
        "SELECT request, other_id FROM acmeair.booking WHERE customer_id = ? AND kind = 'r' AND id = ?", Kind.READ
    ),
    "booking.all": Statement(BOOKINGS, Kind.READ),
    "booking.get": Statement(f"{BOOKINGS} AND id = ?", Kind.READ),
    "booking.cancel": Statement(
        "DELETE FROM acmeair.booking WHERE customer_id = ? AND kind = 'b' AND id = ? IF EXISTS", Kind.ONCE
    ),
}


class Bookings:
    """The handlers."""

    def __init__(self, store: Store, flights: Flights, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._flights = flights
        self._now = now

    async def book(self, request: Request) -> Response:
        """`POST /rest/api/bookings/bookflights`."""
        given = request.fields()
        customer = fields.text(given, "userid")
        own(request, customer)
        trip = _trip(given)
        key = request_key(request.headers.get("idempotency-key"))
        ids = booking_ids(customer, key)
        if key is not None:
            # A replay is answered even when its flight has departed since.
            found = await self._store.run("booking.record", customer, ids.request)
            if found:
                return _replay(found[0], trip, ids)
        await self._check(trip)
        return await self._write(customer, trip, ids)

    async def _check(self, trip: Trip) -> None:
        legs = [trip.there] if trip.back is None else [trip.there, trip.back]
        for row, _segment in await asyncio.gather(*(self._flights.one(*leg) for leg in legs)):
            if self._flights.departed(row):
                raise bad("flight_departed", f"Flight {row['id']} has departed.")

    async def _write(self, customer: str, trip: Trip, ids: BookingIds) -> Response:
        now = self._now()
        values = [customer, ids.request, trip.digest, ids.back if trip.back else None, now]
        values += [customer, ids.there, *trip.there, now]
        if trip.back is not None:
            values += [customer, ids.back, *trip.back, now]
        rows, _ = await self._insist("booking.return" if trip.back else "booking.one-way", values)
        if rows and rows[0]["[applied]"]:
            return answer(_made(trip, ids))
        first = next((row for row in rows if row.get("id") == ids.request), None)
        if first is None:
            raise OutcomeUnknown("the database neither took the booking nor said which one is there")
        return _replay(first, trip, ids)

    async def _insist(self, name: str, values: list[Any]) -> tuple[list[Row], bool]:
        """Run a conditional write again where its outcome isn't known; its rows, and whether it was run again.

        Several of one customer at once make each other's Paxos rounds fail so. If it was done after all, the condition
        doesn't hold any more, and the rows say so. After one try of which nobody knows, "nothing was done" is never the
        answer, whatever the later ones did.
        """
        unknown: OutcomeUnknown | None = None
        for pause in (0.0, *PAUSES):
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that two don't meet again
            try:
                return await self._store.run(name, *values), unknown is not None
            except OutcomeUnknown as error:
                unknown = error
            except Unavailable:
                if unknown is None:
                    raise
        assert unknown is not None
        raise unknown

    async def by_user(self, request: Request) -> Response:
        """`GET /rest/api/bookings/byuser/{userid}`."""
        own(request, request.params["userid"])
        rows = await self._store.run("booking.all", request.customer)
        rows.sort(key=lambda row: (row["date_of_booking"], row["id"]), reverse=True)
        shapes = [asyncio.ensure_future(self._shape(row)) for row in rows]
        try:
            return answer(await asyncio.gather(*shapes))
        finally:
            # Where one flight can't be read, the others aren't looked for any more: nobody waits for them.
            for shape in shapes:
                shape.cancel()

    async def by_number(self, request: Request) -> Response:
        """`GET /rest/api/bookings/bybookingnumber/{userid}/{number}`."""
        own(request, request.params["userid"])
        rows = await self._store.run("booking.get", request.customer, request.params["number"])
        if not rows:
            raise _unknown(request.params["number"])
        return answer(await self._shape(rows[0]))

    async def cancel(self, request: Request) -> Response:
        """`POST /rest/api/bookings/cancelbooking`."""
        given = request.fields()
        customer, number = fields.text(given, "userid"), fields.text(given, "number")
        own(request, customer)
        if not await self._store.run("booking.get", customer, number):
            raise _unknown(number)
        rows, again = await self._insist("booking.cancel", [customer, number])
        # It was there: where it is gone at a second try, the first one did it.
        if not (again or (rows and rows[0]["[applied]"])):
            raise _unknown(number)
        return plain(f"booking {number} deleted.")

    async def _shape(self, row: Row) -> dict[str, Any]:
        flight, segment = await self._flights.one(row["flight_id"], row["flight_segment_id"])
        return {
            "pkey": {"id": row["id"], "customerId": row["customer_id"]},
            "flightKey": {"id": row["flight_id"], "flightSegmentId": row["flight_segment_id"]},
            "dateOfBooking": written(row["date_of_booking"]),
            "flight": flight_shape(flight, segment),
        }


def _trip(given: dict[str, Any]) -> Trip:
    there = fields.text(given, "toFlightId"), fields.text(given, "toFlightSegId")
    if fields.flag(given, "oneWayFlight"):
        return Trip(there, None)
    return Trip(there, (fields.text(given, "retFlightId"), fields.text(given, "retFlightSegId")))


def _made(trip: Trip, ids: BookingIds) -> dict[str, Any]:
    back = ids.back if trip.back else None
    return {"oneWay": trip.back is None, "departBookingId": ids.there, "returnBookingId": back}


def _replay(record: Row, trip: Trip, ids: BookingIds) -> Response:
    """The first answer again; raises Refusal when the first was another booking."""
    if record["request"] != trip.digest:
        raise Refusal(422, "key_reused", "This Idempotency-Key was used for another booking. Take a new one.")
    return answer(_made(trip, ids), headers=REPLAYED)


def _unknown(number: str) -> Refusal:
    return Refusal(404, "unknown_booking", f"There is no booking {number} of this customer.")
