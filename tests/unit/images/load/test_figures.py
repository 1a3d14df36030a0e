"""What was recorded under load, told as one document."""

import json

import pytest

from images.load.figures import MOST_FAILURES, OTHERS, Record, document, percentile, shortened


def told(record: Record) -> dict[str, object]:
    """As a reader gets it, through JSON."""
    read: dict[str, object] = json.loads(json.dumps(document(record, {"users": 3})))
    return read


def test_without_a_request_there_are_no_figures_and_no_series() -> None:
    nothing = told(Record())
    assert nothing["requests"] == {
        "count": 0, "failures": 0, "failed_share": None, "per_second": None,
        "median_ms": None, "p95_ms": None, "p99_ms": None, "max_ms": None,
    }  # fmt: skip
    assert nothing["series"] == []
    assert nothing["settings"] == {"users": 3}
    assert nothing["type"] == "reconciler/load/v1"


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0), (0, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_the_only_value_is_every_percentile() -> None:
    assert percentile([7.0], 50) == percentile([7.0], 99) == 7.0


def test_each_name_has_its_own_figures() -> None:
    record = Record()
    for number in range(1, 5):
        record.request(number / 2, "POST /login", 10.0 * number)
    record.request(1.9, "GET /login/logout", 3.456, failure="status 503")
    assert told(record)["names"] == [
        {"name": "GET /login/logout", "count": 1, "failures": 1,
         "median_ms": 3.46, "p95_ms": 3.46, "p99_ms": 3.46, "max_ms": 3.46},
        {"name": "POST /login", "count": 4, "failures": 0,
         "median_ms": 20.0, "p95_ms": 40.0, "p99_ms": 40.0, "max_ms": 40.0},
    ]  # fmt: skip


def test_requests_a_second_are_over_the_whole_time() -> None:
    record = Record()
    for at in (0.5, 1.0, 4.0):
        record.request(at, "x", 1.0)
    requests = told(record)["requests"]
    assert isinstance(requests, dict)
    assert (requests["count"], requests["per_second"], requests["failed_share"]) == (3, 0.8, 0.0)


def test_a_failures_text_says_when_it_first_and_last_came() -> None:
    record = Record()
    record.request(2.25, "x", 1.0, failure="status 503: later")
    record.request(7.5, "x", 1.0, failure="status 503: later")
    record.request(3.0, "x", 1.0, failure="no answer")
    assert told(record)["failures"] == [
        {"name": "x", "text": "status 503: later", "count": 2, "first_second": 2.25, "last_second": 7.5},
        {"name": "x", "text": "no answer", "count": 1, "first_second": 3.0, "last_second": 3.0},
    ]


def test_however_many_texts_there_are_the_document_stays_small() -> None:
    record = Record()
    for number in range(MOST_FAILURES + 50):
        record.request(1.0, "x", 1.0, failure=f"booking {number} is not in the list")
    failures = told(record)["failures"]
    assert isinstance(failures, list)
    assert len(failures) == MOST_FAILURES + 1
    assert failures[0]["text"] == OTHERS
    assert failures[0]["count"] == 50


def test_a_text_is_one_line_of_bearable_length() -> None:
    assert shortened("<html>\n  <body>") == "<html> <body>"
    assert len(shortened("x" * 5000)) == 300


def test_the_series_has_every_second_and_also_those_in_which_nothing_ended() -> None:
    record = Record()
    record.request(0.1, "x", 10.0, instance="web1")
    record.request(0.9, "x", 20.0, instance="web2")
    record.request(2.5, "x", 5.0, failure="no answer")
    record.journey(2.5, 35.0)
    assert told(record)["series"] == [
        {"second": 0, "requests": 2, "failures": 0, "journeys": 0, "median_ms": 10.0, "p99_ms": 20.0,
         "instances": {"web1": 1, "web2": 1}},
        {"second": 1, "requests": 0, "failures": 0, "journeys": 0, "median_ms": None, "p99_ms": None, "instances": {}},
        {"second": 2, "requests": 1, "failures": 1, "journeys": 1, "median_ms": 5.0, "p99_ms": 5.0, "instances": {}},
    ]  # fmt: skip


def test_who_answered_is_counted() -> None:
    record = Record()
    for instance in ("web2", "web1", "web2", ""):
        record.request(1.0, "x", 1.0, instance=instance)
    assert told(record)["instances"] == {"web1": 1, "web2": 2}


def test_a_failed_journey_counts_and_has_no_time() -> None:
    record = Record()
    record.request(2.0, "x", 1.0)
    record.journey(1.0, 30.0)
    record.journey(1.5, 50.0)
    record.journey(2.0, 9999.0, failed=True)
    assert told(record)["journeys"] == {
        "count": 2, "failures": 1, "per_second": 1.0,
        "median_ms": 30.0, "p95_ms": 50.0, "p99_ms": 50.0, "max_ms": 50.0,
    }  # fmt: skip
