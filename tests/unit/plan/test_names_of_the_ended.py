"""Names of those whose end the engine told of, while its listing calls them running still."""

from dataclasses import replace

import pytest

from reconciler.state.instance import EngineState
from reconciler.state.observed import InFlight
from tests.unit.plan.builders import look, make_instance, make_observed, make_settled, make_spec, make_wanted, text


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


@pytest.mark.parametrize("kind", ["withdraw", "publish"])
def test_its_number_is_waited_for_while_an_action_on_its_name_is_under_way(kind: str) -> None:
    """Names that are kept outside may take a moment; the next free number would be another instance's."""
    spec = make_spec()
    instances = [make_instance(spec, n, state=EngineState.EXITED if n == 1 else EngineState.RUNNING) for n in (1, 2, 3)]
    flight = InFlight(kind=kind, cluster="web", number=1, id="web-1")
    observed = make_observed(spec, *instances, in_flight={"web": (flight,)})
    (plan,) = look(spec, at=observed).plans
    assert [action.kind for action in plan.actions if action.kind == "create"] == []
    assert [wait.reason for wait in plan.waits] == ["Busy"]
    assert "create web-1" in text(spec, at=replace(observed, in_flight={}))
