"""What an instance's container is made from."""

from dataclasses import replace

import pytest

from reconciler.engine.blueprint import blueprint
from reconciler.engine.docker.bodies import container_body
from reconciler.engine.ports import Blueprint, Network
from reconciler.errors import PermanentError
from reconciler.plan.actions import CreateInstance
from reconciler.spec.cluster import OWN_KEY, ClusterSpec, Port, Resources, Task, Volume
from reconciler.state.labels import InstanceLabels, read_labels

SPEC = ClusterSpec(name="webapp", image="acmeair/webapp:1.0", size=3, environment={"LEVEL": "info"})


def make(spec: ClusterSpec = SPEC, number: int = 2) -> Blueprint:
    action = CreateInstance(
        cluster=spec.name,
        number=number,
        zone="az2",
        revision="v003",
        spec_hash=spec.spec_hash(),
        image_id="sha256:1",
        attempt=4,
        spec=spec,
        source=spec.image,
        has_agent=True,
        cause="missing",
    )
    return blueprint(
        action,
        env="dev",
        domain="docker",
        network=Network(id="n", name="reconciler-dev", subnet="10.230.0.0/20", gateway="10.230.0.1"),
        nameservers=["10.230.0.1", "192.0.2.53"],
        token_sha256="ab" * 32,
        listener="10.230.0.1:7070",
        user_environment={"CLOUD_APP": "webapp"},
    )


def test_names_labels_and_resolver_follow_from_the_action() -> None:
    made = make()
    assert (made.name, made.hostname, made.network) == ("dev-webapp-2", "webapp2", "reconciler-dev")
    assert (made.nameservers, made.search) == (("10.230.0.1", "192.0.2.53"), ("dev.docker",))
    assert read_labels(made.labels, made.name) == InstanceLabels(
        env="dev",
        cluster="webapp",
        number=2,
        zone="az2",
        revision="v003",
        spec_hash=SPEC.spec_hash(),
        attempt=4,
        token_sha256="ab" * 32,
    )


def test_a_run_of_a_task_says_so() -> None:
    run = read_labels(make(replace(SPEC, task=Task()), 1).labels, "dev-webapp-1")
    assert isinstance(run, InstanceLabels)
    assert run.task


def test_the_environment_is_the_specs_with_ours_on_top() -> None:
    assert make(replace(SPEC, environment={"LEVEL": "info", "CLOUD_APP": "forged"})).environment == {
        "LEVEL": "info",
        "CLOUD_APP": "webapp",
        "RECONCILER_LISTENER": "10.230.0.1:7070",
        "RECONCILER_INSTANCE": "dev-webapp-2",
    }


def test_the_hostname_is_the_dns_label_with_the_number() -> None:
    assert make(replace(SPEC, dns="www")).hostname == "www2"


def test_each_number_has_its_own_host_port() -> None:
    spec = replace(SPEC, ports=(Port(container=8080, host_first=8081, host_last=8083), Port(container=9)))
    assert [port for _, port in make(spec, 3).published] == [8083]


def test_a_number_beyond_the_host_ports_is_said_plainly() -> None:
    spec = replace(SPEC, ports=(Port(container=8080, host_first=8081, host_last=8081),))
    with pytest.raises(PermanentError, match="none for number 2; widen the range"):
        make(spec)


def test_named_volumes_are_by_number_and_host_paths_as_written() -> None:
    spec = replace(
        SPEC,
        volumes=(
            Volume(source="data", target="/data"),
            Volume(source="/srv/x", target="/x", read_only=True, host_path=True),
        ),
    )
    assert [(m.source, m.target, m.host_path) for m in make(spec).mounts] == [
        ("dev-webapp-2-data", "/data", False),
        ("/srv/x", "/x", True),
    ]


def test_only_ssh_adds_capabilities() -> None:
    assert make().capabilities == ()
    for keys in ("keys", OWN_KEY):
        with_ssh = make(replace(SPEC, ssh_keys=keys))
        assert with_ssh.environment["RECONCILER_SSH"] == "1"
        assert with_ssh.capabilities == ("AUDIT_WRITE", "SYS_CHROOT")


def test_limits_reach_the_engine_in_its_units() -> None:
    spec = replace(SPEC, resources=Resources(memory_bytes=2**28, cpus=0.5, pids=64))
    host = container_body(make(spec))["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"], host["PidsLimit"]) == (
        2**28,
        2**28,
        500_000_000,
        64,
    )
