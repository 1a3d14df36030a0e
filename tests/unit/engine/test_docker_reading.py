"""How the engine's texts are read: status lines, refusals, events, subnets."""

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.docker import subnets
from reconciler.engine.docker.events import read_event
from reconciler.engine.docker.images import registry_refusal
from reconciler.engine.docker.listing import read_row
from reconciler.engine.docker.refusals import refusal
from reconciler.errors import EngineUnavailable, PermanentError, TransientError
from reconciler.state.instance import ImageHealth, Instance
from reconciler.state.labels import InstanceLabels

LABELS = InstanceLabels(
    env="dev", cluster="web", number=1, zone="a", revision="v000", spec_hash="x", attempt=1, token_sha256="t"
).as_labels()


def row(**changed: Any) -> dict[str, Any]:
    return {
        "Id": "1" * 64,
        "Names": ["/other/link", "/dev-web-1"],
        "ImageID": "sha256:1",
        "Labels": LABELS,
        "State": "running",
        "Status": "Up 2 seconds",
        "HostConfig": {"NetworkMode": "reconciler-dev"},
        "NetworkSettings": {"Networks": {"reconciler-dev": {"IPAddress": "10.230.8.1"}}},
        **changed,
    }


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("Up 2 seconds", ImageHealth.NONE),
        ("Up 2 seconds (health: starting)", ImageHealth.STARTING),
        ("Up About an hour (healthy)", ImageHealth.HEALTHY),
        ("Up 3 days (unhealthy)", ImageHealth.UNHEALTHY),
    ],
)
def test_health_is_read_from_the_status(status: str, health: ImageHealth) -> None:
    found = read_row(row(Status=status), "dev")
    assert isinstance(found, Instance)
    assert found.health is health


def test_the_exit_code_is_read_from_the_status() -> None:
    found = read_row(row(State="exited", Status="Exited (137) 2 seconds ago"), "dev")
    assert isinstance(found, Instance)
    assert found.exit_code == 137


def test_one_cut_off_its_network_is_still_ours() -> None:
    found = read_row(row(NetworkSettings={"Networks": {}}), "dev")
    assert isinstance(found, Instance)
    assert found.address is None


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated", TransientError),
        (404, "No such image: x:1", PermanentError),
        (500, 'OCI runtime create failed: exec: "x": executable file not found in $PATH', PermanentError),
        (500, "OCI runtime create failed: no space left on device", TransientError),
        (500, "something new", TransientError),
        (400, "something new", PermanentError),
        (503, "shutting down", EngineUnavailable),
    ],
)
def test_refusals_say_what_to_do_next(status: int, message: str, kind: type[Exception]) -> None:
    assert type(refusal(status, message, "starting x")) is kind


def test_a_server_error_while_looking_means_that_nothing_is_known() -> None:
    assert type(refusal(500, "bolt: timeout", "listing", reading=True)) is EngineUnavailable


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("pull access denied for x, repository does not exist or may require 'docker login'", PermanentError),
        ("manifest for x:9 not found: manifest unknown: manifest unknown", PermanentError),
        ("Get https://r/v2/: dial tcp: lookup r: no such host", TransientError),
        ("toomanyrequests: You have reached your pull rate limit", TransientError),
    ],
)
def test_what_registries_say(words: str, kind: type[Exception]) -> None:
    error = registry_refusal("pulling image x", words)
    assert type(error) is kind
    assert words in str(error)


def test_events_of_others_and_of_helpers_are_passed_over() -> None:
    message = {
        "Type": "container",
        "Action": "health_status: healthy",
        "Actor": {"ID": "1", "Attributes": LABELS},
    }
    found = read_event(message, "dev")
    assert found is not None
    assert (found.action, found.cluster) == ("health_status", "web")
    assert read_event(message, "other") is None
    helper = {**LABELS, "io.reconciler.role": "fault"}
    assert read_event({**message, "Actor": {"ID": "1", "Attributes": helper}}, "dev") is None
    assert read_event({**message, "Action": "exec_start: sh"}, "dev") is None


def test_events_of_tasks_are_told() -> None:
    labels = {**LABELS, "io.reconciler.role": "task"}
    found = read_event({"Type": "container", "Action": "die", "Actor": {"ID": "1", "Attributes": labels}}, "dev")
    assert found is not None
    assert (found.action, found.cluster) == ("die", "web")


def test_a_subnet_avoids_what_is_taken_and_is_the_same_again() -> None:
    first = subnets.choose("dev", [])
    assert subnets.choose("dev", []) == first
    assert not subnets.choose("dev", [first]).overlaps(first)
    with pytest.raises(PermanentError, match="--subnet"):
        subnets.choose("dev", [ipaddress.IPv4Network("10.0.0.0/8")])


def test_the_hosts_routes_are_read_but_for_the_default_one(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    assert subnets.host_routes(table) == [ipaddress.IPv4Network("172.17.0.0/16")]
    (tmp_path / "eth0").mkdir()
    (tmp_path / "eth0" / "mtu").write_text("1400\n")
    assert subnets.narrow_mtu(table, tmp_path) == 1400
