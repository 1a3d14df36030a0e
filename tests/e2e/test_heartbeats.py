"""Health on the real engine: beats of the base image, probes of images that know nothing of us, and what an
instance learns about itself."""

import json
import time

import docker
import docker.errors
import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

BEATING = "health: {heartbeat: {interval: 500ms, misses: 3}, suspect: 500ms}"
# Answers 200 below /good, else 404; says nothing until the file /tmp/open is there.
SERVER = """import http.server, os, time
while not os.path.exists("/tmp/open"):
    time.sleep(0.05)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith("/good") else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("", 8080), Handler).serve_forever()
"""


def served(probe: str) -> str:
    return spec(1, probe, image=BASE, command=json.dumps(["python3", "-c", SERVER]))


def paused(loop: LoopProcess, id_: str) -> bool:
    """Freezing may need a second try: the kernel refuses it while the container's processes change."""
    try:
        loop.docker.pause(id_)
    except docker.errors.APIError as error:
        if "unable to freeze" in str(error):
            return False
        raise
    return True


def beats(loop: LoopProcess, name: str) -> list[float | None]:
    row = loop.cluster(name)
    return [one.heartbeat_age for one in row.instances] if row else []


def test_beats_make_an_instance_ready_and_survive_a_restart_of_the_loop(loop: LoopProcess) -> None:
    """No action, the same containers, and known again within an interval (and what a start takes)."""
    loop.follow("beating", spec(3, BEATING, "zones: [az1, az2, az3]", image=BASE), 3)
    assert all(age is not None and age < 1.5 for age in beats(loop, "beating"))
    loop.until_settled()
    before = loop.containers()
    last = loop.events()[-1].id
    assert loop.stop() == 0
    assert loop.containers() == before
    loop.start()
    began = time.monotonic()
    loop.until(lambda: beats(loop, "beating") != [] and None not in beats(loop, "beating"), what="all are heard")
    assert time.monotonic() - began < 2.0
    loop.until_ready("beating", 3)
    loop.until_settled()
    kinds = {event.kind for event in loop.client.events(after_id=last, limit=1000)}
    assert not kinds & {"create", "terminate", "kill", "remove", "pull"}
    assert loop.containers() == before


def test_an_instance_that_falls_silent_is_replaced_under_its_number(loop: LoopProcess) -> None:
    """It runs on, and says nothing."""
    loop.follow("silent", spec(2, BEATING, image=BASE), 2)
    loop.until_settled()
    before = loop.containers("silent")
    loop.until(lambda: paused(loop, before[f"{loop.env}-silent-1"]), what="the engine could freeze it")
    loop.until(
        lambda: loop.containers("silent").get(f"{loop.env}-silent-1") not in (None, before[f"{loop.env}-silent-1"]),
        what="the silent one is replaced",
    )
    loop.until_ready("silent", 2)
    assert loop.containers("silent")[f"{loop.env}-silent-2"] == before[f"{loop.env}-silent-2"]
    causes = [event.cause for event in loop.events("silent") if event.subject == "silent-1"]
    assert any("silent" in cause or "beat" in cause for cause in causes), causes


def test_an_instance_knows_its_zone_and_its_names(loop: LoopProcess) -> None:
    loop.follow("knowing", spec(1, "zones: [az7]", "environment: {COLOUR: blue}", image=BASE), 1)
    told = loop.cli("exec", "knowing1", "--", "env").out.splitlines()
    variables = dict(line.split("=", 1) for line in told)
    data = json.loads(variables["user_data"])
    assert data["az_name"] == "az7"
    assert data["asg_name"] == variables["CLOUD_AUTO_SCALE_GROUP"] == "knowing-v000"
    assert data["domain"].endswith("docker")
    assert variables["CLOUD_APP"] == variables["CLOUD_CLUSTER"] == "knowing"
    assert variables["COLOUR"] == "blue"
    assert loop.cli("exec", "knowing1", "--", "hostname").out == "knowing1\n"
    loop.follow("knowing", spec(0), 0)


@pytest.mark.parametrize(
    ("name", "probe"),
    [
        ("overhttp", "health: {http: {port: 8080, path: /good, interval: 200ms, timeout: 500ms}, start: 60s}"),
        ("overtcp", "health: {tcp: {port: 8080, interval: 200ms, timeout: 500ms}, start: 60s}"),
    ],
)
def test_a_probe_makes_an_instance_ready(loop: LoopProcess, name: str, probe: str) -> None:
    """Running is not ready: the name comes with the first good answer, which is when the port opens."""
    loop.save(name, served(probe))
    loop.until(lambda: len(loop.containers(name)) == 1, what="it runs")
    loop.until(lambda: (row := loop.cluster(name)) is not None and row.current == 1)
    row = loop.cluster(name)
    assert row is not None
    assert row.ready == 0
    assert loop.cli("exec", f"{name}1", "--", "touch", "/tmp/open").code == 0
    loop.until_ready(name, 1)
    loop.follow(name, spec(0), 0)


def test_a_probe_that_is_refused_keeps_an_instance_from_being_ready(loop: LoopProcess) -> None:
    """404 is no good answer; after the time to start it is replaced."""
    probe = "health: {http: {port: 8080, path: /bad, interval: 200ms}, start: 2s, suspect: 0s}"
    loop.save("refused", served(probe))
    loop.until(lambda: len(loop.containers("refused")) == 1, what="it runs")
    first = loop.containers("refused")
    loop.cli("exec", "refused1", "--", "touch", "/tmp/open")
    loop.until(lambda: loop.containers("refused") not in ({}, first), what="it is replaced")
    assert not [e for e in loop.events("refused", "publish") if e.cause == "ready"]
    loop.follow("refused", spec(0), 0)
