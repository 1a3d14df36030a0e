"""What is loaded, as values for prepared statements. Pure.

Everything is written with the timestamp 1, the oldest there is: whatever a customer changes later, or changed before a
second run, is newer and stays. The same day gives the same rows, so a run that was killed is simply run again.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from acmeair_loader.airports import AIRPORTS
from acmeair_loader.schedule import Segment, flights

CUSTOMERS = 100
NETWORK = "acmeair"  # the one partition of airports
PASSWORD = "password"  # noqa: S105 - the demo's public one

INSERTS = {
    "customer": """
        INSERT INTO acmeair.customer (id, password, status, total_miles, miles_ytd, phone_number, phone_number_type,
          street_address1, street_address2, city, state_province, country, postal_code)
        VALUES (?, ?, 'GOLD', 1000000, 1000, '919-123-4567', 'BUSINESS', '123 Main St.', '', 'Anytown', 'NC', 'USA',
          '27617') USING TIMESTAMP 1""",
    "segment": """
        INSERT INTO acmeair.flight_segment (origin_port, dest_port, id, miles, economy_class_base_cost,
          first_class_base_cost, num_economy_class_seats, num_first_class_seats, airplane_type_id)
        VALUES (?, ?, ?, ?, ?, ?, 200, 10, 'B747') USING TIMESTAMP 1""",
    "flight": """
        INSERT INTO acmeair.flight (origin_port, flight_segment_id, id, scheduled_departure_time,
          scheduled_arrival_time)
        VALUES (?, ?, ?, ?, ?) USING TIMESTAMP 1""",
    "airport": """
        INSERT INTO acmeair.airport_code_mapping (network, airport_code, airport_name, city, country,
          first_day, last_day)
        VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP 1""",
}


def customer_rows(protect: Callable[[str, bytes], str]) -> Iterator[tuple[object, ...]]:
    """The customers. Salts are made of their names, so that a second run writes the same."""
    for number in range(CUSTOMERS):
        name = f"uid{number}@email.com"
        yield name, protect(PASSWORD, hashlib.sha256(name.encode()).digest()[:16])


def segment_row(segment: Segment) -> tuple[object, ...]:
    costs = segment.economy_cost, segment.first_cost
    return segment.origin, segment.destination, segment.id, segment.miles, *costs


def flight_rows(segment: Segment, first: date, days: int) -> list[tuple[object, ...]]:
    """A segment's flights."""
    return [
        (segment.origin, segment.id, flight.id, flight.departure, flight.arrival)
        for flight in flights(segment, first, days)
    ]


def airport_rows(first: date, days: int) -> Iterator[tuple[object, ...]]:
    """The airports. Of two runs' days the later stay: of two values of one age Cassandra keeps the greater."""
    last = first + timedelta(days=days - 1)
    for airport in AIRPORTS:
        yield NETWORK, airport.code, airport.name, airport.city, airport.country, f"{first}", f"{last}"
