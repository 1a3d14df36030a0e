"""What the loader writes: the same again, plausible, and never over what a customer changed."""

import re
from datetime import UTC, date, datetime

from acmeair.passwords import matches, protect
from acmeair_loader import rows, schema
from acmeair_loader.airports import AIRPORTS, HUBS, miles
from acmeair_loader.schedule import flights, segments

TODAY = date(2026, 11, 28)
BY_CODE = {airport.code: airport for airport in AIRPORTS}


def salted(password: str, salt: bytes) -> str:
    """Instead of hashing, which takes its time a hundred times over."""
    return f"{password} {salt.hex()}"


def test_thirty_airports_have_each_a_code_of_its_own() -> None:
    assert len(BY_CODE) == len(AIRPORTS) == 30
    assert set(HUBS) <= set(BY_CODE)


def test_distances_are_those_of_the_globe() -> None:
    assert abs(miles(BY_CODE["LHR"], BY_CODE["JFK"]) - 3451) < 20
    assert abs(miles(BY_CODE["SYD"], BY_CODE["LAX"]) - 7488) < 40
    assert miles(BY_CODE["SYD"], BY_CODE["LAX"]) == miles(BY_CODE["LAX"], BY_CODE["SYD"])


def test_every_airport_is_reached_from_every_hub_and_back() -> None:
    pairs = {(segment.origin, segment.destination) for segment in segments()}
    assert len(pairs) == len({segment.id for segment in segments()}) == 318
    assert all((hub, code) in pairs and (code, hub) in pairs for hub in HUBS for code in BY_CODE if code != hub)


def test_each_segment_flies_twice_a_day_and_its_ids_sort_by_departure() -> None:
    days = {date.fromordinal(TODAY.toordinal() + number) for number in range(14)}
    for segment in segments():
        found = list(flights(segment, TODAY, 14))
        assert len(found) == 28
        assert [flight.id for flight in found] == sorted({flight.id for flight in found})
        assert {flight.departure.date() for flight in found} == days
        assert all(flight.arrival > flight.departure for flight in found)


def test_the_first_flight_of_a_segment_is_at_a_time_that_is_written_in_its_id() -> None:
    first = next(flights(segments()[0], TODAY, 1))
    assert (first.id, first.departure) == ("20261128-0635-AA1", datetime(2026, 11, 28, 6, 35, tzinfo=UTC))


def test_two_runs_write_the_same_and_a_later_one_adds_days() -> None:
    segment = segments()[0]
    assert list(rows.customer_rows(salted)) == list(rows.customer_rows(salted))
    first, next_day = rows.flight_rows(segment, TODAY, 14), rows.flight_rows(segment, date(2026, 11, 29), 14)
    assert first == rows.flight_rows(segment, TODAY, 14)
    assert len(set(first) & set(next_day)) == 26


def test_a_hundred_customers_have_the_known_password_and_salts_of_their_own() -> None:
    found = list(rows.customer_rows(salted))
    assert [name for name, _ in found] == [f"uid{number}@email.com" for number in range(100)]
    assert len({stored for _, stored in found}) == 100
    _, stored = next(rows.customer_rows(protect))
    assert matches("password", str(stored))


def test_everything_is_written_as_older_than_whatever_is_there() -> None:
    assert all(insert.rstrip().endswith("USING TIMESTAMP 1") for insert in rows.INSERTS.values())


def test_a_later_run_s_days_are_the_greater_values_so_they_stay() -> None:
    days = [tuple(map(str, next(rows.airport_rows(date(2026, 12, day), 30))[-2:])) for day in (1, 2, 20)]
    assert (
        days
        == sorted(days)
        == [("2026-12-01", "2026-12-30"), ("2026-12-02", "2026-12-31"), ("2026-12-20", "2027-01-18")]
    )


def test_statements_and_rows_agree_on_their_number_of_values() -> None:
    segment = segments()[0]
    made = {
        "customer": next(rows.customer_rows(lambda _password, _salt: "x")),
        "segment": rows.segment_row(segment),
        "flight": rows.flight_rows(segment, TODAY, 1)[0],
        "airport": next(rows.airport_rows(TODAY, 14)),
    }
    assert {name: insert.count("?") for name, insert in rows.INSERTS.items()} == {
        n: len(row) for n, row in made.items()
    }


def test_the_schema_is_made_only_where_it_is_missing() -> None:
    assert all(re.match(r"CREATE TABLE IF NOT EXISTS acmeair\.\w+ \(", cql) for cql in schema.tables())
    assert "'NetworkTopologyStrategy', 'dc''1': 2}" in schema.keyspace(2, "dc'1")
