"""The examples' drills: right as files, possible, and about an example that lets itself be broken."""

from pathlib import Path

import pytest

from reconciler.chaos.faults import Monkey
from reconciler.drill.reading import parse_drill
from reconciler.drill.rules import each
from reconciler.drill.values import Unleash
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FILES = sorted(EXAMPLES.glob("*/drills/*.yaml"))
IDS = [f"{file.parts[-3]}/{file.stem}" for file in FILES]


def test_there_is_a_monkey_a_gorilla_and_a_split_brain() -> None:
    both = {"acmeair/gorilla", "acmeair/split-brain", "acmeair-ha/gorilla", "acmeair-ha/split-brain"}
    assert set(IDS) >= both | {"acmeair/monkey"}


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_a_drill_is_right_and_expects_that_nothing_is_lost(file: Path) -> None:
    drill = parse_drill(file.read_bytes(), file=file.name)
    clusters = [
        parse_cluster(one.read_bytes(), file=one.name, policy=Policy()) for one in file.parents[1].glob("*.yaml")
    ]
    specs = {spec.name: spec for spec in clusters}
    faults = [step.fault for step in each(drill.steps) if isinstance(step, Unleash)]
    assert faults
    assert {fault.cluster for fault in faults if isinstance(fault, Monkey)} <= {*specs}
    assert [spec.name for spec in clusters if spec.task is None and not (spec.chaos and spec.chaos.enabled)] == []
    assert drill.expect.nothing_lost
    assert drill.expect.wrong_replacements == 0
    assert drill.clients is not None
    assert (file.parent / drill.clients.command[1]).exists()
