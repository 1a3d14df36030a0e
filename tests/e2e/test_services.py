"""What the API and the console act through, on real containers, and the console beside a real loop."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.api.operations import OperationRegister, OperationState
from reconciler.cli.services.containers import ContainerService
from reconciler.cli.services.faults import FaultService
from reconciler.cli.settings import resolve
from reconciler.engine.docker import connect
from reconciler.engine.docker.adapter import DockerEngine
from reconciler.errors import ChaosRefused, UsageError
from tests.support.loop_process import DOMAIN, LoopProcess

pytestmark = pytest.mark.engine

WEB = """
image: reconciler/base:latest
command: [sh, -c, "echo first; echo second >&2; exec sleep 1000"]
size: 2
zones: [az1, az2]
stop: {grace: 1s, drain: 0s}
chaos: {enabled: true}
"""
WAIT_SECONDS = 30.0
ENDS_WITHIN_SECONDS = 5.0


@pytest.fixture(scope="module")
def site(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop with a console and two instances, ready."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("services"), options=("--console", "0"))
    try:
        process.start()
        process.save("web", WEB)
        process.until_settled()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def docker(engine: str) -> Iterator[DockerEngine]:
    with closing(connect(engine)) as made:
        yield made


@pytest.fixture
def operations() -> Iterator[OperationRegister]:
    register = OperationRegister()
    yield register
    register.close(WAIT_SECONDS)


@pytest.fixture
def containers(site: LoopProcess, docker: DockerEngine, operations: OperationRegister) -> ContainerService:
    return ContainerService(loop=site.client, engine=docker, operations=operations, ready_seconds=WAIT_SECONDS)


@pytest.fixture
def faults(engine: str, site: LoopProcess, docker: DockerEngine, operations: OperationRegister) -> FaultService:
    settings = resolve(env=site.env, domain=DOMAIN, state=site.state, specs=site.specs, engine=engine)
    return FaultService(settings=settings, loop=site.client, engine=docker, operations=operations)


def test_logs_are_read_and_followed_until_told_to_stop(containers: ContainerService, site: LoopProcess) -> None:
    spoken = {"first", "second"}  # beside what the image says of itself
    site.until(lambda: spoken <= set(containers.logs("web-1", 10).splitlines()), what="it has spoken")
    assert containers.logs("web-1", 0) == ""
    stop = threading.Event()
    lines = containers.follow_logs("web-1", 10, stop)
    seen = {next(lines)}
    while "" not in seen:  # it breathes while nothing comes
        seen.add(next(lines))
    stop.set()
    assert spoken <= seen
    assert [line for line in lines if line] == []


def test_commands_run_there_and_are_bounded_in_time_and_output(containers: ContainerService) -> None:
    ran = containers.execute("web-1", ("sh", "-c", "hostname; echo wrong >&2; exit 3"), WAIT_SECONDS)
    assert (ran.exit_code, sorted(ran.output.split()), ran.cut_off) == (3, ["web1", "wrong"], False)
    assert containers.execute("web-1", ("sleep", "30"), 0.3).exit_code is None
    endless = containers.execute("web-1", ("yes",), WAIT_SECONDS)
    assert (endless.exit_code, endless.cut_off) == (None, True)


def test_a_fault_is_said_made_and_undone_when_stopped(faults: FaultService, site: LoopProcess) -> None:
    request = {"kind": "freeze", "name": "web-1", "seconds": 60}
    preview = faults.leashed(request)
    assert (preview.victims, preview.seconds) == (("web-1",), 60.0)
    with pytest.raises(UsageError, match="seconds"):
        faults.leashed({**request, "seconds": "soon"})

    begun = faults.unleash(request, "console")
    site.until(lambda: any("in force after" in line for line in log(faults, begun.id)), what="it is in force")
    with pytest.raises(ChaosRefused, match="already"):
        faults.unleash(request, "console")
    faults.operations.stop(begun.id)
    ended = faults.operations.wait(begun.id, WAIT_SECONDS)

    assert ended is not None
    assert ended.state is OperationState.STOPPED
    assert "healed after" in ended.outcome
    assert faults.engine.faults(site.env) == ()
    site.until_settled()


def log(faults: FaultService, id: int) -> list[str]:
    return [line.text for line in faults.operations.log(id, 0)]


def test_a_terminated_instance_is_followed_until_another_is_ready(
    containers: ContainerService, site: LoopProcess
) -> None:
    site.until_settled()
    before = {one.number: one.id for one in site.status().clusters[0].instances}
    begun = containers.terminate("web-2", "console")
    ended = containers.operations.wait(begun.id, WAIT_SECONDS)
    after = {one.number: one.id for one in site.status().clusters[0].instances}

    assert ended is not None
    assert (ended.state, ended.outcome[:39]) == (OperationState.DONE, "web-2 is gone, and 2 of 2 are ready aft")
    assert after[1] == before[1]
    assert after[2] != before[2]
    assert any("terminate web-2: " in line.text for line in containers.operations.log(begun.id, 0))


def test_the_console_is_beside_the_loop_and_ends_with_it(site: LoopProcess, docker: DockerEngine) -> None:
    address = site.cli("console").out.strip()
    url, _, token = address.partition("/sign-in#")
    site.until(lambda: answer(f"{url}/sign-in") == 200, what="the console answers")

    assert answer(f"{url}/v1/info") == 401
    assert json.loads(body(f"{url}/v1/info", token))["console"] == url
    renewed = site.cli("console", "--token", "--renew").out.strip()
    assert answer(f"{url}/v1/info", token) == 401
    assert json.loads(body(f"{url}/v1/info", renewed))["env"] == site.env
    taken = site.cli("run", site.specs, "--env", "other", "--state", site.root / "other", "--console", url[7:])
    assert taken.code == 64
    assert "who listens there" in taken.err

    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as stream:
        head = f"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {renewed}\r\n\r\n"
        stream.sendall(head.encode())
        assert stream.recv(15) == b"HTTP/1.1 200 OK"
        body(f"{url}/v1/faults", renewed, {"kind": "freeze", "name": "web-1", "seconds": 60})
        site.until(lambda: site.events(kind="chaos")[-1].cause.startswith("begins: freeze"), what="it is in force")
        began_at = time.monotonic()
        assert site.stop() == 0
        assert time.monotonic() - began_at < ENDS_WITHIN_SECONDS
    site.until(lambda: docker.faults(site.env) == (), what="what it had begun is undone")


def answer(url: str, token: str = "") -> int:
    """The status, 0 while nobody answers."""
    try:
        with urllib.request.urlopen(asked(url, token), timeout=WAIT_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def body(url: str, token: str, sent: object = None) -> str:
    with urllib.request.urlopen(asked(url, token, sent), timeout=WAIT_SECONDS) as response:
        return str(response.read().decode())


def asked(url: str, token: str, sent: object = None) -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
    return urllib.request.Request(url, None if sent is None else json.dumps(sent).encode(), headers)
