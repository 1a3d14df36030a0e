"""What a person reads of a name, at 80 columns and without colours."""

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
    heard = Heard(server="10.0.0.254", status="NOERROR", answers={"A": [(5, "10.0.0.1")]})
    assert lines(FOUND, heard)[-2:] == ["10.0.0.254 answers", "A  5 s  10.0.0.1"]


def test_a_server_that_is_silent_is_told() -> None:
    heard = Heard(server="10.0.0.254", answers={}, problem="the DNS server did not answer this host: no answer in time")
    assert lines(FOUND, heard)[-1] == "! the DNS server did not answer this host: no answer in time"


def test_a_missing_name_is_said_to_be_missing() -> None:
    missing = NameStatus(name="nosuch.dev.docker", ours=True, known=False, meaning="the ready instances of nosuch")
    heard = Heard(server="10.0.0.254", status="NXDOMAIN", answers={})
    assert lines(missing, heard) == [
        "nosuch.dev.docker -> there is no such name",
        "",
        "10.0.0.254 answers NXDOMAIN",
    ]


def test_what_a_stranger_registered_can_not_play_tricks_on_the_terminal() -> None:
    evil = NameRow(instance="\x1b[2Jx", cluster="db", zone="", revision="", host="", target="10.9.9.9", managed=False)
    shown = lines(NameStatus(name="db.dev.docker", ours=True, known=True, meaning="all", rows=(evil,)))
    assert shown[-1] == "*  ?[2Jx  10.9.9.9  -  -  registered by somebody else"
