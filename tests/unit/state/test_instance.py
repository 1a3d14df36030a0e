"""What the engine's words mean for an instance."""

import pytest

from reconciler.state.instance import EngineState
from tests.unit.plan.builders import make_instance, make_spec


@pytest.mark.parametrize(
    ("state", "alive"),
    [
        (EngineState.CREATED, False),
        (EngineState.RUNNING, True),
        (EngineState.PAUSED, True),
        (EngineState.RESTARTING, True),
        (EngineState.REMOVING, False),
        (EngineState.EXITED, False),
        (EngineState.DEAD, False),
    ],
)
def test_an_instance_is_alive_while_its_process_is_there_frozen_or_not(state: EngineState, *, alive: bool) -> None:
    assert make_instance(make_spec(), 1, state=state).alive is alive


def test_every_word_of_the_engine_is_known() -> None:
    """The Docker Engine API's `Status` of a container, 1.41 to 1.51."""
    words = {"created", "running", "paused", "restarting", "removing", "exited", "dead"}
    assert {str(state) for state in EngineState} == words
