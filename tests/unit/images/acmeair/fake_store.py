"""An in-memory acmeair.ports.Store that does what Cassandra does with the statements that it knows."""

from datetime import datetime
from typing import Any

from acmeair.errors import StoreError
from acmeair.ports import Row

DEPARTURE = datetime(2026, 11, 29, 8, 15)  # noqa: DTZ001 - the driver's datetimes are naive, in UTC
ARRIVAL = datetime(2026, 11, 29, 15, 59)  # noqa: DTZ001


def flight(number: str, segment: str, departure: datetime = DEPARTURE) -> Row:
    return {
        "flight_segment_id": segment,
        "id": number,
        "scheduled_departure_time": departure,
        "scheduled_arrival_time": ARRIVAL,
    }


def segment(number: str, origin: str, destination: str) -> Row:
    return {
        "id": number,
        "origin_port": origin,
        "dest_port": destination,
        "miles": 3443,
        "economy_class_base_cost": 442,
        "first_class_base_cost": 1768,
        "num_economy_class_seats": 200,
        "num_first_class_seats": 10,
        "airplane_type_id": "B747",
    }


class FakeStore:
    """Airports, segments, flights, bookings; `failing` has the error that a statement answers with."""

    def __init__(self) -> None:
        self.segments = [segment("AA1", "LHR", "JFK"), segment("AA2", "JFK", "LHR")]
        self.flights = [flight("20261129-0815-AA1", "AA1"), flight("20261201-0815-AA2", "AA2")]
        self.records: dict[tuple[str, str], Row] = {}
        self.bookings: dict[tuple[str, str], Row] = {}
        self.failing: dict[str, StoreError] = {}
        self.asked: list[str] = []

    async def run(self, name: str, *values: Any) -> list[Row]:
        self.asked.append(name)
        if name in self.failing:
            raise self.failing[name]
        answer: list[Row] = getattr(self, "_" + name.replace(".", "_").replace("-", "_"))(*values)
        return answer

    def _airports(self) -> list[Row]:
        columns = "airport_code", "airport_name", "city", "country"
        days = {"first_day": "2026-11-28", "last_day": "2026-12-11"}
        return [dict.fromkeys(columns, code) | days for code in ("LHR", "JFK", "SYD")]

    def _segments(self) -> list[Row]:
        return self.segments

    def _flights_between(self, _origin: str, number: str, first: str, after: str) -> list[Row]:
        return [row for row in self.flights if row["flight_segment_id"] == number and first <= row["id"] < after]

    def _flights_from(self, _origin: str, number: str, first: str) -> list[Row]:
        return [row for row in self.flights if row["flight_segment_id"] == number and first <= row["id"]][:10]

    def _flights_one(self, _origin: str, number: str, flight_id: str) -> list[Row]:
        return [row for row in self.flights if (row["flight_segment_id"], row["id"]) == (number, flight_id)]

    def _booking_record(self, customer: str, request: str) -> list[Row]:
        found = self.records.get((customer, request))
        return [found] if found else []

    def _booking_one_way(
        self, customer: str, request: str, digest: str, other: str, now: datetime, *legs: Any
    ) -> list[Row]:
        return self._book(customer, request, {"request": digest, "other_id": other, "id": request}, list(legs))

    _booking_return = _booking_one_way

    def _book(self, customer: str, request: str, record: Row, legs: list[Any]) -> list[Row]:
        if (customer, request) in self.records:
            return [{"[applied]": False, **self.records[customer, request]}]
        self.records[customer, request] = record
        for start in range(0, len(legs), 5):
            owner, number, flight_id, segment_id, now = legs[start : start + 5]
            self.bookings[owner, number] = {
                "customer_id": owner,
                "id": number,
                "flight_id": flight_id,
                "flight_segment_id": segment_id,
                "date_of_booking": now.replace(tzinfo=None),
            }
        return [{"[applied]": True}]

    def _booking_all(self, customer: str) -> list[Row]:
        return [row for (owner, _), row in self.bookings.items() if owner == customer]

    def _booking_get(self, customer: str, number: str) -> list[Row]:
        return [row for place, row in self.bookings.items() if place == (customer, number)]

    def _booking_cancel(self, customer: str, number: str) -> list[Row]:
        return [{"[applied]": self.bookings.pop((customer, number), None) is not None}]
