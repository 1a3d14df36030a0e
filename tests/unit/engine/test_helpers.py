"""What a helper is made from, and how the engine is told."""

import json
from typing import Any, get_args

import pytest

from reconciler.engine.docker.bodies import container_body
from reconciler.engine.docker.faults import read_faults
from reconciler.engine.helpers import Kind, helper
from reconciler.state.faults import FaultLabels
from reconciler.state.instance import EngineState

VICTIM = "0123456789abcdef" * 4
LABELS = FaultLabels(
    env="dev",
    fault_id="k3f9",
    kind="loss",
    says="a fifth is lost",
    until=1000.0,
    victim_id=VICTIM,
    instance="web-1",
    cluster="web",
    zone="az1",
)


def body(kind: Kind, **settings: object) -> dict[str, Any]:
    return container_body(helper(LABELS, kind, seconds=30.0, settings=settings), cgroup_parent=f"/docker/{VICTIM}")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_helper_is_confined_and_has_no_network_of_its_own(kind: Kind) -> None:
    host = body(kind)["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert not host["Privileged"]
    assert host["NetworkMode"] in {"none", f"container:{VICTIM}"}
    assert "NetworkingConfig" not in body(kind)
    assert "Hostname" not in body(kind)
    assert host["Memory"] == host["MemorySwap"] == 96 * 2**20


@pytest.mark.parametrize(
    ("kind", "network", "pids", "capabilities"),
    [
        ("net", True, False, ["NET_ADMIN"]),
        ("freeze", False, True, ["KILL"]),
        ("burn", False, True, []),
        ("fill", False, True, ["DAC_OVERRIDE", "SYS_PTRACE"]),
    ],
)
def test_each_kind_gets_what_it_needs_and_nothing_more(
    kind: Kind, network: bool, pids: bool, capabilities: list[str]
) -> None:
    host = body(kind)["HostConfig"]
    assert host["CapAdd"] == capabilities
    assert (host["NetworkMode"] == f"container:{VICTIM}") is network
    assert (host["PidMode"] == f"container:{VICTIM}") is pids


def test_its_standard_input_outlives_whoever_speaks() -> None:
    made = body("net")
    assert (made["OpenStdin"], made["StdinOnce"], made["Tty"]) == (True, False, False)


def test_its_settings_are_one_document() -> None:
    (variable,) = body("fill", bytes=100)["Env"]
    name, _, value = variable.partition("=")
    assert name == "RECONCILER_FAULT"
    assert json.loads(value) == {"id": "k3f9", "kind": "fill", "seconds": 30.0, "bytes": 100}


def test_rows_of_the_engine_become_parts() -> None:
    row = {
        "Id": "a" * 64,
        "Names": [f"/{LABELS.name}"],
        "Labels": LABELS.as_labels(),
        "State": "exited",
        "Status": "Exited (137) 2 seconds ago",
    }
    (part,) = read_faults([row, {**row, "Names": ["/other"]}, {**row, "Labels": None}])
    assert (part.id, part.state, part.exit_code) == ("a" * 64, EngineState.EXITED, 137)
    assert (part.kind, part.instance, part.victim_id) == ("loss", "web-1", VICTIM)
