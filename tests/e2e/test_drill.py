"""Drills on the real engine: done, measured, reported; refused ones touch nothing, interrupted ones leave nothing."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.docker import connect
from reconciler.engine.docker.adapter import DockerEngine
from tests.support.loop_process import LoopProcess

pytestmark = pytest.mark.engine

WEB = """
image: reconciler/base:latest
size: 3
zones: [az1, az2, az3]
stop: {grace: 1s, drain: 0s}
chaos: {enabled: true}
"""
SHY = WEB.replace("size: 3", "size: 1").replace("[az1, az2, az3]", "[az9]").replace("enabled: true", "enabled: false")
# What a load is: requests all along, and one document when it is told to end.
LOAD = """
import json, signal, sys, time, urllib.request
counts = {"count": 0, "failures": 0}
def end(*_):
    print(json.dumps({"requests": counts, "seconds": time.monotonic() - began, "series": []}), flush=True)
    sys.exit(0)
began = time.monotonic()
signal.signal(signal.SIGTERM, end)
while True:
    counts["count"] += 1
    try:
        urllib.request.urlopen(sys.argv[1], timeout=2).read()
    except OSError:
        counts["failures"] += 1
    time.sleep(0.05)
"""
# What clients are: they write down what they were told, and read back at the end.
CLIENTS = """
import json, os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
pages = open(os.environ["RECONCILER_HISTORY"], "w", buffering=1)
def write(type, operation, **more):
    print(json.dumps({"process": 0, "type": type, "operation": operation, "key": "k", "time": 1.0, **more}), file=pages)
write("invoke", "add", value="a")
write("ok", "add", value="a")
signal.sigwait({signal.SIGTERM})
write("invoke", "read", final=True)
write("ok", "read", final=True, value=[{"value": "a"}])
"""
WHOLE = """
kind: Drill
about: A small environment is broken in three ways.
needs: {clusters: [web]}
load: {image: "reconciler/base:latest", command: LOAD_WORDS}
clients: {command: [python3, clients.py]}
steady:
  site: {http: SITE, every: 200ms}
  shell: {command: [test, -e, whole.yaml]}
steps:
  - monkey: {cluster: web, seed: 7}
  - until: ready
    within: 40s
  - gorilla: {zone: az2}
  - split-brain: {sides: [[az1], [az2, az3]], for: 3s, meanwhile: [scale: {cluster: web, size: 4}]}
expect:
  recovered: {within: 40s}
  failed_requests: {below: 0%}
  steady: {failures_below: 5%}
  wrong_replacements: 0
  nothing_lost: true
"""
LONG = """
kind: Drill
needs: {clusters: [web]}
steps:
  - split-brain: {sides: [[az1], [az2, az3]], for: 50s, meanwhile: [scale: {cluster: web, size: 4}]}
"""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Something that always answers: what is tested here is the drill."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="module")
def town(engine: str, tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[LoopProcess]:
    process = LoopProcess(engine, tmp_path_factory.mktemp("drills"))
    words = json.dumps([*("python3", "-c"), LOAD, site])
    drill = WHOLE.replace("LOAD_WORDS", words).replace("SITE", f'"{site}"')
    for name, text in (("whole.yaml", drill), ("long.yaml", LONG), ("clients.py", CLIENTS)):
        (process.root / name).write_text(text)
    process.save("web", WEB)
    process.save("shy", SHY)
    try:
        process.start()
        process.until_ready("web", 3)
        process.until_ready("shy", 1)
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def docker(engine: str) -> Iterator[DockerEngine]:
    one = connect(engine)
    yield one
    one.close()


def report(town: LoopProcess, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((town.root / name / "report.json").read_text())
    return told


def test_on_the_leash_it_says_what_it_would_do_and_touches_nothing(town: LoopProcess) -> None:
    before = town.containers("web")
    ran = town.cli("drill", "whole.yaml")
    assert ran.code == 0, ran.err
    assert "gorilla: kill all of az2\n      now: kill web-2 in az2 with SIGKILL at once" in ran.out
    assert ran.out.endswith("leashed: add --unleash\n")
    assert town.containers("web") == before
    assert not (town.root / "drills").exists()


def test_a_whole_drill_is_passed_and_leaves_the_world_as_it_was(town: LoopProcess, docker: DockerEngine) -> None:
    text = (town.specs / "web.yaml").read_text()
    ran = town.cli("drill", "whole.yaml", "--unleash", "--report", "out")
    told = report(town, "out")
    assert (ran.code, told["passed"]) == (0, True), ran.out + ran.err
    assert [fault["kind"] for fault in told["faults"]] == ["monkey", "gorilla", "split-brain"]
    assert all(fault["recovered_seconds"] is not None for fault in told["faults"])
    cut = told["faults"][2]["facts"]
    assert (cut["pairs_as_meant"], cut["unhealed"]) == (cut["pairs"], [])
    assert told["load"]["document"]["requests"]["count"] > 0
    assert told["history"]["verdict"]["word"] == "holds"
    assert "<svg" in (town.root / "out" / "report.html").read_text()
    assert (town.specs / "web.yaml").read_text() == text
    assert docker.find(f"{town.env}_system_drill") is None
    assert docker.faults(town.env) == ()


def test_ctrl_c_undoes_everything_and_still_reports(town: LoopProcess, docker: DockerEngine) -> None:
    town.until_ready("web", 3)
    text = (town.specs / "web.yaml").read_text()
    command = town._command("drill", "long.yaml", "--unleash", "--report", "broken-off")
    with subprocess.Popen(
        command, cwd=town.root, env=town._variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            town.until(lambda: "size: 4" in (town.specs / "web.yaml").read_text(), what="it is in the middle")
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert report(town, "broken-off")["ending"]["kind"] == "aborted"
    assert (town.specs / "web.yaml").read_text() == text
    assert docker.faults(town.env) == ()


def test_what_is_expected_and_does_not_come_true_exits_1(town: LoopProcess) -> None:
    town.until(lambda: len(town.containers("web")) == 3, what="web-4 of the one before is gone")
    town.until_ready("web", 3)
    steps = "steps:\n  - monkey: {cluster: web, zone: az1}\nexpect:\n  recovered: {within: 100ms}\n"
    (town.root / "hasty.yaml").write_text(f"kind: Drill\nneeds: {{clusters: [web]}}\n{steps}")
    ran = town.cli("drill", "hasty.yaml", "--unleash", "--report", "hasty", "-o", "json")
    assert ran.code == 1
    assert ran.json()["verdict"].startswith("hasty.yaml:6: recovered: within 100ms of each fault expected; ")


def test_a_drill_that_may_not_be_is_refused_with_every_reason(town: LoopProcess) -> None:
    steps = "steps:\n  - gorilla: {zone: az7}\n  - monkey: {cluster: shy}\n  - scale: {cluster: nobody, size: 2}\n"
    (town.root / "wrong.yaml").write_text(f"kind: Drill\nneeds: {{clusters: [web, ghost]}}\n{steps}")
    before = town.containers("web")
    ran = town.cli("drill", "wrong.yaml", "--unleash")
    lines = [line.removeprefix("wrong.yaml:") for line in ran.err.splitlines()]
    assert ran.code == 1
    assert lines[0] == f"2:1: needs: no cluster ghost in environment {town.env}; there are shy, web"
    assert lines[1].startswith("4:5: steps[0].gorilla: there is no zone 'az7'")
    assert lines[2].startswith("5:5: steps[1].monkey: monkey is refused: shy is not opted in")
    assert lines[3].startswith("6:5: steps[2].scale: there is no spec of a cluster 'nobody'")
    assert lines[4] == "Error: 4 problems; nothing was changed"
    assert town.containers("web") == before


def test_the_report_does_not_go_where_the_loop_looks(town: LoopProcess) -> None:
    ran = town.cli("drill", "long.yaml", "--unleash", "--report", str(Path(town.specs) / "out"))
    assert ran.code == 64
    assert "which the loop watches; give another directory with --report" in ran.err
