"""Names of those whose end the engine told of, while its listing calls them running still."""

from dataclasses import replace

from tests.unit.plan.builders import look, make_settled, make_spec, make_wanted, text


def test_its_name_is_withdrawn_and_nothing_else_is_done() -> None:
    spec = make_spec()
    assert text(spec, at=make_settled(spec, ended=frozenset({"web-1"}))) == "withdraw web-1: the engine told of its end"


def test_a_name_that_is_withdrawn_already_is_not_published_again() -> None:
    spec = make_spec()
    observed = make_settled(spec, ended=frozenset({"web-1"}))
    names = {id: record for id, record in observed.names.items() if id != "web-1"}
    assert look(spec, at=replace(observed, names=names)).plans[0].quiet


def test_its_name_is_withdrawn_without_a_spec_in_force_too() -> None:
    spec = make_spec()
    unreadable = replace(make_wanted(spec), spec=None)
    assert "withdraw web-1: the engine told of its end" in text(
        unreadable, at=make_settled(spec, ended=frozenset({"web-1"}))
    )
