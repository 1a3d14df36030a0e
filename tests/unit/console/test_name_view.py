"""What a person reads of a name, at 80 columns and without colours."""

import pytest

from reconciler.console.glyphs import ASCII
from reconciler.console.name_view import Heard, name_view
from reconciler.plan.lookup import NameRow, NameStatus

READY = NameRow(
    instance="webapp1", cluster="webapp", zone="az1", revision="v000", host="h", target="10.0.0.1", ports=(80,)
)
SILENT = NameRow(
    instance="webapp2", cluster="webapp", zone="az2", revision="v000", host="h", target="10.0.0.2", answers=False,
    why="not ready: silent for 3.2 s, and its successor waits for its turn because others are being replaced",
)  # fmt: skip
FOUND = NameStatus(
    name="webapp.dev.docker", ours=True, known=True, meaning="the ready instances of webapp", rows=(READY, SILENT)
)


def lines(found: NameStatus, heard: Heard | None = None) -> list[str]:
    return name_view(found, heard, 80, glyphs=ASCII).plain.splitlines()


def test_who_answers_comes_first_and_a_reason_beside_who_does_not() -> None:
    assert lines(FOUND) == [
        "webapp.dev.docker -> the ready instances of webapp",
        "",
        "*  webapp1  10.0.0.1  az1  v000",
        "-  webapp2  10.0.0.2  az2  v000  not ready: silent for 3.2 s, and its successor",
        "                                 waits for its turn because others are being",
        "                                 replaced",
    ]


def test_what_the_server_told_is_shown_with_its_time_to_live() -> None:
    heard = Heard(server="10.0.0.254", statuses={"A": "NOERROR"}, answers={"A": [(5, "10.0.0.1")]})
    assert lines(FOUND, heard)[-2:] == ["10.0.0.254 answers", "A  5 s  10.0.0.1"]


def test_a_server_that_is_silent_is_told() -> None:
    heard = Heard(server="10.0.0.254", answers={}, problem="the DNS server did not answer this host: no answer in time")
    assert lines(FOUND, heard)[-1] == "! the DNS server did not answer this host: no answer in time"


def test_a_missing_name_is_said_to_be_missing() -> None:
    missing = NameStatus(name="nosuch.dev.docker", ours=True, known=False, meaning="there is no such name")
    heard = Heard(server="10.0.0.254", statuses={"A": "NXDOMAIN", "SRV": "NXDOMAIN"}, answers={})
    assert lines(missing, heard) == [
        "nosuch.dev.docker -> there is no such name",
        "",
        "10.0.0.254 answers NXDOMAIN",
    ]


def test_what_a_stranger_registered_can_not_play_tricks_on_the_terminal() -> None:
    evil = NameRow(instance="\x1b[2Jx", cluster="db", zone="", revision="", host="", target="10.9.9.9", managed=False)
    shown = lines(NameStatus(name="db.dev.docker", ours=True, known=True, meaning="all", rows=(evil,)))
    assert shown[-1] == "*  ?[2Jx  10.9.9.9  -  -  registered by somebody else"


def test_a_kind_that_failed_is_told_beside_one_that_was_answered() -> None:
    heard = Heard(
        server="10.0.0.254", statuses={"A": "SERVFAIL", "SRV": "NOERROR"}, answers={"SRV": [(5, "10 100 80 x.")]}
    )
    assert lines(FOUND, heard)[-3:] == ["10.0.0.254 answers", "SRV  5 s  10 100 80 x.", "A: SERVFAIL"]
    assert heard.failed


def test_where_all_failed_one_line_says_so() -> None:
    heard = Heard(server="10.0.0.254", statuses={"A": "SERVFAIL", "SRV": "SERVFAIL"}, answers={})
    assert lines(FOUND, heard)[-1] == "10.0.0.254 answers SERVFAIL"


def test_a_name_without_records_is_no_failure() -> None:
    heard = Heard(server="10.0.0.254", statuses={"A": "NOERROR", "SRV": "NOERROR"}, answers={})
    assert lines(FOUND, heard)[-1] == "10.0.0.254 answers nothing"
    assert not heard.failed


LONG = ".".join(["label-of-forty-characters-to-be-quite-long"] * 5)


def test_a_long_name_has_its_meaning_below() -> None:
    name = "webapp1.build-7-example-org.az1.v001.webapp.staging.docker"
    shown = lines(NameStatus(name=name, ours=True, known=True, meaning="the ready instances of webapp"))
    assert shown == [name, "-> the ready instances of webapp"]


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    row = NameRow(
        instance=LONG, cluster="c", zone=LONG, revision=LONG, host="h", target=LONG, answers=False,
        why="not ready: silent for 3.2 s, and its successor waits",
    )  # fmt: skip
    found = NameStatus(
        name=LONG, ours=True, known=True, meaning=f"instance {LONG}", rows=(READY, row), problem="x " * 90
    )
    heard = Heard(
        server="10.0.0.254", statuses={"A": "NOERROR"}, answers={"CNAME": [(5, LONG)], "TXT": [(5, "t" * 200)]}
    )
    shown = name_view(found, heard, width, glyphs=ASCII).plain.splitlines()
    assert max(map(len, shown)) <= width
    assert LONG in "".join(shown)
    told = " ".join(" ".join(shown).split())
    assert "not ready: silent for 3.2 s, and its successor waits" in told
