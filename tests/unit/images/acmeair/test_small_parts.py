"""Settings, consistency, passwords, request ids, log lines: what is pure and small."""

import json
import re

import pytest

from acmeair import consistency, passwords
from acmeair.log import Changes, say
from acmeair.settings import SettingsError, read_settings
from acmeair_web.requests import Trip, booking_ids, request_key

USER_DATA = json.dumps({"az_name": "az2", "metadata": {"cluster": "web", "number": 1}})


def test_settings_have_defaults_and_come_from_the_environment() -> None:
    plain = read_settings({}, "web1")
    assert (plain.zone, plain.port, plain.eureka_urls, plain.session_seconds) == ("default", 8080, (), 86400)
    told = read_settings(
        {
            "user_data": USER_DATA,
            "EUREKA_URLS": "http://eureka1.eureka:8080/eureka/v2/, http://eureka2.eureka:8080/eureka/v2",
            "CASSANDRA_CONTACTS": "cassandra1.cassandra,cassandra2.cassandra,",
            "ACMEAIR_SESSION_SECONDS": "5",
            "RECONCILER_METRICS_FILE": "/run/metrics/metrics",
        },
        "web1",
    )
    assert (told.zone, told.cluster, told.session_seconds) == ("az2", "web", 5)
    assert (plain.metrics_file, told.metrics_file) == ("", "/run/metrics/metrics")
    assert told.eureka_urls == ("http://eureka1.eureka:8080/eureka/v2", "http://eureka2.eureka:8080/eureka/v2")
    assert told.contacts == ("cassandra1.cassandra", "cassandra2.cassandra")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_data", "{"),
        ("user_data", "{}"),
        ("EUREKA_URLS", "eureka1.eureka:8080"),
        ("EUREKA_URLS", "https://eureka1.eureka/"),
        ("ACMEAIR_PORT", "0"),
        ("ACMEAIR_SESSION_SECONDS", "1.5"),
        ("ACMEAIR_REPLICATION", "six"),
        ("ACMEAIR_LAME_DUCK", "-1"),
        ("ACMEAIR_LAME_DUCK", "nan"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value}, "web1")


@pytest.mark.parametrize(("replicas", "write", "read"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 2), (5, 3, 3)])
def test_reads_and_writes_always_overlap(replicas: int, write: int, read: int) -> None:
    assert (consistency.writers(replicas), consistency.readers(replicas)) == (write, read)
    assert write + read > replicas


def test_the_replication_is_read_from_any_strategy() -> None:
    network = {"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "datacenter1": "3", "dc2": "2"}
    assert consistency.replication_of(network) == 2
    assert consistency.replication_of({"class": "SimpleStrategy", "replication_factor": "3"}) == 3


def test_a_password_is_stored_salted_and_known_again() -> None:
    stored = passwords.protect("password")
    assert passwords.protect("password") != stored
    assert "password" not in stored
    assert passwords.matches("password", stored)
    assert not passwords.matches("Password", stored)


def test_nobody_s_password_never_matches() -> None:
    assert not passwords.matches("", "")
    assert not passwords.matches("password", "")


def test_a_stored_password_of_another_kind_is_no_silent_no() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        passwords.matches("password", "plain$1$1$1$AA==$AA==")


def test_request_ids_depend_on_customer_and_key_alone() -> None:
    ids = booking_ids("uid0", "k1")
    assert ids == booking_ids("uid0", "k1")
    assert len({ids.request, ids.there, ids.back}) == 3
    assert ids != booking_ids("uid1", "k1")
    assert ids != booking_ids("uid0", "k2")
    assert booking_ids("ab", "c") != booking_ids("a", "bc")
    assert all(re.fullmatch(r"[0-9a-f]{32}", number) for number in (ids.request, ids.there, ids.back))


def test_without_a_key_no_two_requests_are_the_same() -> None:
    assert request_key(None) is None
    assert booking_ids("uid0", None) != booking_ids("uid0", None)


def test_trips_are_told_apart_by_their_flights() -> None:
    there, back = ("f1", "AA1"), ("f2", "AA2")
    assert Trip(there, back).digest == Trip(there, back).digest
    assert len({Trip(there, back).digest, Trip(there, None).digest, Trip(back, there).digest}) == 3


def test_a_line_of_the_log_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("part", "event", level="warning", url="http://a", reason='two\nlines "quoted"', empty="")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert line.endswith(
        ' level=warning part=part event=event url=http://a reason="two\\nlines \\"quoted\\"" empty=""\n'
    )


def test_a_state_is_said_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    changes = Changes("eureka")
    for reason in ("a", "a", "b", "b", "a"):
        changes.say("unreachable", reason=reason)
    assert capsys.readouterr().out.count("\n") == 3
