"""`dns lookup`: what a name answers, for people and for scripts, and how it ends."""

import json
from dataclasses import replace

import pytest

from reconciler.dns import asking
from reconciler.dns.asking import Told
from reconciler.plan.lookup import NameRow, NameStatus
from tests.unit.cli.conftest import FakeLoop, Run

FOUND = NameStatus(
    name="webapp.dev.docker",
    ours=True,
    known=True,
    meaning="the ready instances of webapp",
    rows=(NameRow(instance="webapp1", cluster="webapp", zone="az1", revision="v000", host="h", target="10.0.0.1"),),
)


def test_a_name_is_explained_by_the_loop(run: Run, loop: FakeLoop) -> None:
    loop.found = FOUND
    result = run("dns", "lookup", "webapp")
    assert result.exit_code == 0
    assert "webapp.dev.docker" in result.stdout
    assert "webapp1" in result.stdout
    assert loop.asked == ["lookup webapp"]


def test_a_script_reads_json(run: Run, loop: FakeLoop) -> None:
    loop.found = FOUND
    told = json.loads(run("dns", "lookup", "webapp", "-o", "json").stdout)
    assert [row["target"] for row in told["rows"]] == ["10.0.0.1"]
    assert told["asked"] is None


def test_a_missing_name_exits_1(run: Run, loop: FakeLoop) -> None:
    loop.found = replace(FOUND, known=False, rows=())
    assert run("dns", "lookup", "webapq").exit_code == 1


def test_an_address_stands_for_its_reverse_name(run: Run, loop: FakeLoop) -> None:
    run("dns", "lookup", "10.0.0.1")
    assert loop.asked == ["lookup 1.0.0.10.in-addr.arpa."]


def test_what_only_the_server_knows_of_was_registered_there(
    run: Run, loop: FakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.found = replace(FOUND, name="db.dev.docker", known=False, rows=(), nameservers=("10.0.0.254",))
    monkeypatch.setattr(asking, "ask", lambda *_: Told(status="NOERROR", records=(("A", 5, "10.9.9.9"),)))
    result = run("dns", "lookup", "db")
    assert result.exit_code == 0
    assert "registered at the DNS server by somebody else" in result.stdout


def test_a_server_that_does_not_answer_this_host_is_told(run: Run, loop: FakeLoop) -> None:
    loop.found = replace(FOUND, nameservers=("127.0.0.1",))  # nobody listens there on port 53, or it answers: both are
    result = run("dns", "lookup", "webapp")  # told without a traceback
    assert result.exit_code == 0
    assert "127.0.0.1" in result.stdout


def test_a_kind_that_fails_is_told_and_exits_1(run: Run, loop: FakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    loop.found = replace(FOUND, nameservers=("10.0.0.254",))
    served = {"A": Told(status="SERVFAIL"), "SRV": Told(status="NOERROR", records=(("SRV", 5, "10 100 80 x."),))}
    monkeypatch.setattr(asking, "ask", lambda _, kind, __: served[kind])
    result = run("dns", "lookup", "webapp")
    assert result.exit_code == 1
    assert "A: SERVFAIL" in result.stdout
    told = json.loads(run("dns", "lookup", "webapp", "-o", "json").stdout)["asked"]
    assert (told["status"], told["statuses"]) == ("SERVFAIL", {"A": "SERVFAIL", "SRV": "NOERROR"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a..b", "an empty label"),
        ("..", "an empty label"),
        (".", "an empty label"),
        (".a", "an empty label"),
        ("a..", "an empty label"),
        ("x" * 70, "a label of 70 characters; 63 is the most"),
        ("a.b." * 61 + "abcd", "253 is the most"),
    ],
)
def test_what_is_wrong_with_a_name_is_said_and_nobody_is_asked(run: Run, loop: FakeLoop, name: str, said: str) -> None:
    result = run("dns", "lookup", name)
    assert result.exit_code == 64
    assert said in " ".join(result.stderr.split())
    assert loop.asked == []


@pytest.mark.parametrize("arguments", [["webapp", "--type", "BOGUS"], ["web\napp"], ["x" * 256], []])
def test_what_is_no_name_or_no_type_is_a_usage_error(run: Run, loop: FakeLoop, arguments: list[str]) -> None:
    assert run("dns", "lookup", *arguments).exit_code == 64
    assert loop.asked == []


def test_without_a_loop_a_sentence_says_how_to_start_one(run: Run) -> None:
    result = run("dns", "lookup", "webapp")
    assert result.exit_code == 1
    assert "reconciler run" in result.stderr
