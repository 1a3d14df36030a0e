"""Acme Air's own drills in short: what dies comes back while people book, and nothing that was booked is lost."""

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_drills import run

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]


def test_the_monkey_s_drill_is_passed(air: Cloud) -> None:
    told = run(air, "acmeair", "monkey", {"every: 20s": "every: 8s", "for: 2m": "for: 16s", "wait: 10s": "wait: 4s"})
    assert told.passed, told.said
    assert [fault["kind"] for fault in told.report["faults"]] == ["monkey"] * 4
    assert len(told.report["replacements"]) == 4
    assert told.verdict["counts"]["acknowledged"] > 20


def test_the_gorilla_s_drill_is_passed(air: Cloud) -> None:
    told = run(air, "acmeair", "gorilla", {"wait: 5s": "wait: 3s"})
    assert told.passed, told.said
    # A Cassandra node, and an instance of web and auth, which may stand in either zone by now.
    names = {one["instance"].rpartition("-")[0] for one in told.report["replacements"]}
    assert "cassandra" in names
    assert told.verdict["counts"]["acknowledged"] > 20
