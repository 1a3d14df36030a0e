"""Which silence means that a server hangs."""

import pytest

from reconciler.dns.container.hanging import Silence

REFUSED, SILENT, NO_ROUTE = ConnectionRefusedError(), TimeoutError(), OSError(113, "No route to host")


def test_one_silence_may_be_our_own_and_two_in_a_row_are_not() -> None:
    silence = Silence()
    silence.noted("id1")
    assert silence.hung == ""
    silence.noted("id1")
    assert silence.hung == "id1"


def test_an_answer_in_between_counts() -> None:
    silence = Silence()
    silence.noted("id1")
    silence.ended()
    silence.noted("id1")
    assert silence.hung == ""


def test_its_successor_begins_anew() -> None:
    silence = Silence()
    silence.noted("id1")
    silence.noted("id2")
    assert silence.hung == ""


@pytest.mark.parametrize("error", [REFUSED, SILENT, NO_ROUTE])
def test_one_that_never_could_be_reached_is_not_blamed(error: OSError) -> None:
    silence = Silence()
    assert not silence.unreached("id1", error, late=True)
    assert not silence.unreached("id1", error, late=True)
    assert silence.hung == ""


def test_one_that_answered_and_takes_no_connection_any_more_hangs() -> None:
    silence = Silence()
    silence.greeted("id1")
    assert not silence.unreached("id1", NO_ROUTE, late=True)
    assert silence.unreached("id1", SILENT, late=False)
    assert silence.unreached("id1", SILENT, late=False)
    assert silence.hung == "id1"


def test_a_successor_that_refuses_for_long_hangs_and_one_that_starts_does_not() -> None:
    silence = Silence()
    silence.greeted("id1")
    assert not silence.unreached("id2", REFUSED, late=False)
    assert not silence.unreached("id2", SILENT, late=True)
    for _ in range(2):
        assert silence.unreached("id2", REFUSED, late=True)
    assert silence.hung == "id2"
