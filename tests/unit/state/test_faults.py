"""What the labels of helpers say of a fault, and when one is left over."""

from dataclasses import replace

import pytest

from reconciler.state import labels as keys
from reconciler.state.faults import PATIENCE_SECONDS, FaultLabels, FaultPart, FaultSeen, group, read_fault_labels
from reconciler.state.instance import EngineState

LABELS = FaultLabels(
    env="dev",
    fault_id="k3f9",
    kind="split-brain",
    says="az1 is cut from az2",
    until=1000.25,
    victim_id="0123456789abcdef" * 4,
    instance="web-1",
    cluster="web",
    zone="az1",
)
PART = FaultPart(
    id="a" * 64,
    fault_id="k3f9",
    kind="split-brain",
    says="az1 is cut from az2",
    until=1000.25,
    victim_id=LABELS.victim_id,
    instance="web-1",
    cluster="web",
    zone="az1",
    state=EngineState.RUNNING,
)


def test_what_is_written_is_read_again() -> None:
    assert LABELS.name == "dev_fault_k3f9_0123456789ab"
    assert read_fault_labels(LABELS.as_labels(), LABELS.name) == LABELS


def test_a_helper_is_no_instance() -> None:
    assert LABELS.as_labels()[keys.ROLE] not in keys.ROLES


@pytest.mark.parametrize(
    ("key", "value"),
    [(keys.ROLE, "instance"), (keys.FAULT_ID, "other"), (keys.FAULT_ID, ""), (keys.FAULT_VICTIM, ""), (keys.ENV, "x")],
)
def test_one_whose_labels_disagree_with_its_name_is_left_alone(key: str, value: str) -> None:
    assert read_fault_labels({**LABELS.as_labels(), key: value}, LABELS.name) is None


@pytest.mark.parametrize("until", ["", "soon", "-1", "nan", "1e9", "9" * 400])
def test_an_end_that_cannot_be_read_has_been(until: str) -> None:
    read = read_fault_labels({**LABELS.as_labels(), keys.FAULT_UNTIL: until}, LABELS.name)
    assert read is not None
    assert read.until == 0.0


def test_helpers_of_one_fault_are_one_fault() -> None:
    second = replace(PART, id="b" * 64, instance="auth-1", until=1001.0)
    other = replace(PART, id="c" * 64, fault_id="aaaa", kind="freeze", says="frozen", until=990.0)
    assert group([PART, second, other], now=980.0) == (
        FaultSeen(id="aaaa", kind="freeze", says="frozen", until=990.0, instances=("web-1",), leftover=False),
        FaultSeen(
            id="k3f9",
            kind="split-brain",
            says="az1 is cut from az2",
            until=1001.0,
            instances=("auth-1", "web-1"),
            leftover=False,
        ),
    )
    assert group([], now=0.0) == ()


@pytest.mark.parametrize(
    ("state", "exit_code", "now", "leftover"),
    [
        (EngineState.RUNNING, None, 999.0, False),
        (EngineState.RUNNING, None, 1000.25 + PATIENCE_SECONDS, True),
        (EngineState.CREATED, None, 999.0, False),
        (EngineState.CREATED, None, 1000.25 + PATIENCE_SECONDS, True),
        (EngineState.EXITED, 0, 999.0, False),
        (EngineState.EXITED, 0, 1000.25 + PATIENCE_SECONDS, True),
        (EngineState.EXITED, 1, 999.0, True),
        (EngineState.EXITED, 137, 999.0, True),
        (EngineState.EXITED, None, 999.0, True),
        (EngineState.DEAD, None, 999.0, True),
    ],
)
def test_one_that_ended_badly_or_outstayed_its_end_is_left_over(
    state: EngineState, exit_code: int | None, now: float, leftover: bool
) -> None:
    (seen,) = group([replace(PART, state=state, exit_code=exit_code)], now)
    assert seen.leftover is leftover
