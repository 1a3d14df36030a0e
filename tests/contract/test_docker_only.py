"""What only a real engine can show: confinement, files, logs, commands, and what `down` finds."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.engine.docker import connect
from reconciler.engine.ports import File, Mount
from reconciler.errors import EngineUnavailable, NotOurs, PermanentError, TransientError
from reconciler.spec.cluster import Port
from reconciler.state import labels as keys
from tests.contract.conftest import new_env
from tests.support.worlds import RealWorld

pytestmark = pytest.mark.engine

RUN = "import sys; from reconciler.engine.docker import connect; e = connect(); "


@pytest.fixture
def world() -> Iterator[RealWorld]:
    made = RealWorld(connect(), new_env())
    try:
        yield made
    finally:
        made.clean_up()


def _inside(world: RealWorld, id_: str, *argv: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Through `execute` in a process of its own, whose standard streams can be looked at."""
    program = f"{RUN}sys.exit(e.execute({id_!r}, {argv!r}, with_tty=False))"
    return subprocess.run(
        [sys.executable, "-c", program], input=stdin, capture_output=True, text=True, timeout=30, check=False
    )


def _inspect(world: RealWorld, id_: str) -> Any:
    return world.docker.api.call("GET", f"/containers/{id_}/json", doing="looking").payload


def test_what_runs_is_confined(world: RealWorld) -> None:
    made = world.running()
    host = _inspect(world, made)["HostConfig"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["CapDrop"] == ["ALL"]
    assert "NET_RAW" not in host["CapAdd"]
    assert not host["Privileged"]
    assert host["Init"]
    assert host["PidsLimit"] == 512
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["LogConfig"]["Config"]["max-size"] == "10m"
    status = _inside(world, made, "cat", "/proc/self/status").stdout
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t00000000000004eb" in status


def test_ports_are_published_on_loopback(world: RealWorld) -> None:
    world.network()
    published = ((Port(container=80, host_first=38472, host_last=38472), 38472),)
    made = world.engine.create(world.blueprint(published=published))
    world.engine.start(made)
    bindings = _inspect(world, made)["NetworkSettings"]["Ports"]["80/tcp"]
    assert bindings == [{"HostIp": "127.0.0.1", "HostPort": "38472"}]


def test_secrets_arrive_as_files_and_show_nowhere_else(world: RealWorld) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    world.engine.upload(made, [File(path="/run/secrets/key", content=b"canary-4711", owner=33)])
    world.engine.start(made)
    told = _inside(world, made, "stat", "-c", "%a %u %g", "/run/secrets/key").stdout
    assert told.split() == ["400", "33", "33"]
    assert _inside(world, made, "stat", "-c", "%a %u", "/run/secrets").stdout.split() == ["755", "0"]
    assert _inside(world, made, "cat", "/run/secrets/key").stdout == "canary-4711"
    assert "canary-4711" not in str(_inspect(world, made))


def test_a_command_inside_has_our_streams_and_its_exit_code(world: RealWorld) -> None:
    made = world.running()
    told = _inside(world, made, "sh", "-c", "cat; echo $COLOUR >&2; exit 7", stdin="typed")
    assert (told.stdout, told.stderr, told.returncode) == ("typed", "blue\n", 7)


def test_a_command_in_what_does_not_run_is_refused(world: RealWorld) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    with pytest.raises(PermanentError, match="is not running"):
        world.docker.execute(made, ["true"], with_tty=False)


def test_logs_come_with_their_stream_and_end_with_the_container(world: RealWorld) -> None:
    made = world.running(command=("sh", "-c", "echo one; echo two >&2; sleep 0.3; echo three"))
    pieces = list(world.docker.logs(made, follow=True, tail=None, stop=threading.Event()))
    assert b"".join(data for is_stderr, data in pieces if not is_stderr) == b"one\nthree\n"
    assert b"".join(data for is_stderr, data in pieces if is_stderr) == b"two\n"
    last = list(world.docker.logs(made, follow=False, tail=1, stop=threading.Event()))
    assert last == [(False, b"three\n")]


def test_a_named_volume_is_labelled_and_outlives_its_container(world: RealWorld) -> None:
    world.network()
    mount = Mount(source=f"{world.env}-web-1-data", target="/data")
    first = world.engine.create(world.blueprint(mounts=(mount,)))
    world.engine.start(first)
    assert _inside(world, first, "sh", "-c", "echo kept > /data/file").returncode == 0
    world.engine.remove(first)
    (volume,) = world.docker.inventory(world.env).volumes
    assert (volume.name, volume.cluster, volume.role) == (mount.source, "web", "volume")
    second = world.engine.create(world.blueprint(mounts=(mount,)))
    world.engine.start(second)
    assert _inside(world, second, "cat", "/data/file").stdout == "kept\n"


def test_somebody_elses_volume_is_not_mounted(world: RealWorld) -> None:
    world.network()
    name = f"{world.env}-web-1-data"
    world.docker.api.call("POST", "/volumes/create", body={"Name": name}, doing="making")
    try:
        with pytest.raises(NotOurs, match="isn't this instance's"):
            world.engine.create(world.blueprint(mounts=(Mount(source=name, target="/data"),)))
    finally:
        world.docker.remove_volume(name)


def test_the_inventory_holds_all_of_an_environment_and_nothing_else(world: RealWorld) -> None:
    network = world.network()
    made = world.running()
    helper = world.add_foreign(f"{world.env}_fault_1", {keys.ENV: world.env, keys.ROLE: "fault"}, network.name)
    world.add_foreign(f"{world.env}x-web-1", {keys.ENV: f"{world.env}x"}, "bridge")
    found = world.docker.inventory(world.env)
    assert {one.id for one in found.containers} == {made, helper}
    assert [one.name for one in found.networks] == [network.name]
    assert found.volumes == ()


def test_a_network_of_our_name_that_is_not_ours_is_left_alone(world: RealWorld) -> None:
    body = {"Name": keys.network_name(world.env), "Labels": {}}
    made = world.docker.api.call("POST", "/networks/create", body=body, doing="making").payload["Id"]
    try:
        with pytest.raises(NotOurs, match="isn't ours"):
            world.network()
    finally:
        world.docker.remove_network(made)


def test_the_network_says_where_the_listener_is_and_keeps_its_low_addresses(world: RealWorld) -> None:
    network = world.network()
    found = world.docker.api.call("GET", f"/networks/{network.id}", doing="looking").payload
    assert found["Labels"][keys.LISTENER] == f"{network.gateway}:7070"
    assert found["Labels"][f"{keys.PREFIX}subnet"] == network.subnet
    assert found["IPAM"]["Config"][0]["IPRange"]


def test_a_subnet_that_another_network_has_is_refused(world: RealWorld) -> None:
    taken = world.network()
    with pytest.raises(PermanentError, match="--subnet"):
        world.engine.ensure_network(f"{world.env}x", taken.subnet)


def test_an_engine_that_is_not_there_is_unavailable() -> None:
    engine = connect("unix:///nonexistent/docker.sock")
    for ask in (
        engine.info,
        lambda: engine.listing("x"),
        lambda: next(engine.events("x", threading.Event())),
    ):
        with pytest.raises(EngineUnavailable, match="does not answer"):
            ask()


def test_a_registry_that_cannot_be_reached_is_tried_again_later(world: RealWorld) -> None:
    with pytest.raises(TransientError, match="can't be reached"):
        world.engine.pull("127.0.0.1:1/nothing:here", "missing")


def test_following_events_ends_soon_after_it_is_told_to(world: RealWorld) -> None:
    stop = threading.Event()
    events = world.engine.events(world.env, stop)
    assert next(events) is None
    stop.set()
    assert list(events) == []
