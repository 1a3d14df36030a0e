"""The parts of `drill` that touch the world: questions, changed specs, what a load and clients tell; its display."""

import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.cli.drill_display import happenings, results, screen
from reconciler.cli.drill_load import ClientRun, _document, check_program, load_blueprint
from reconciler.cli.drill_specs import Specs
from reconciler.cli.drill_stage import RealClock
from reconciler.cli.drill_watching import ask
from reconciler.cli.settings import resolve
from reconciler.drill.reading import parse_drill
from reconciler.drill.recording import Recording
from reconciler.drill.runner import run
from reconciler.drill.values import Apply, Clients, Load, Probe, Scale, Set
from reconciler.errors import PermanentError, ReconcilerError, SpecError, UsageError
from tests.support.fake_drill import FakeStage, VirtualClock
from tests.support.waiting import eventually

WEB = "image: nginx:1.27   # the server\nsize: 3\n"
HERE = Path.cwd()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.let_go.wait(5) if self.path == "/slow" else None  # type: ignore[attr-defined]
        self.send_response(503 if self.path == "/broken" else 302 if self.path == "/away" else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.let_go = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.let_go.set()  # type: ignore[attr-defined]
        server.shutdown()


class FakeLoop:
    """Counts the scans it was asked for."""

    def __init__(self) -> None:
        self.rescans = 0

    def rescan(self) -> None:
        self.rescans += 1


@pytest.fixture
def specs(tmp_path: Path) -> Specs:
    directory = tmp_path / "specs"
    directory.mkdir()
    (directory / "web.yaml").write_text(WEB)
    (directory / "once.yaml").write_text("kind: TaskSpec\nimage: nginx:1.27\n")
    return Specs(resolve(specs=directory), directory, tmp_path, FakeLoop())  # type: ignore[arg-type]


def test_an_http_probe_is_right_when_the_status_is(site: str) -> None:
    assert ask(Probe(name="a", http=f"{site}/ok?x=1"), HERE) == ""
    assert ask(Probe(name="a", http=f"{site}/broken"), HERE) == "status 503"
    assert ask(Probe(name="a", http=f"{site}/broken", status=503), HERE) == ""
    assert ask(Probe(name="a", http=f"{site}/away"), HERE) == "status 302"


def test_an_http_probe_says_what_is_wrong(site: str) -> None:
    slow = Probe(name="a", http=f"{site}/slow", timeout_seconds=0.05)
    assert ask(slow, HERE) == "no answer within 0.05 s"
    assert ask(Probe(name="a", http="http://127.0.0.1:9/"), HERE) == "Connection refused"


@pytest.mark.parametrize(
    ("command", "timeout_seconds", "why"),
    [
        (("true",), 20.0, ""),
        (("sh", "-c", "echo no table >&2; exit 3"), 20.0, "exit code 3: no table"),
        (("nosuchprogram",), 20.0, "nosuchprogram: No such file or directory"),
        (("sleep", "60"), 0.1, "not done within 0.1 s"),
    ],
)
def test_a_command_probe_is_right_when_it_exits_0(command: tuple[str, ...], timeout_seconds: float, why: str) -> None:
    assert ask(Probe(name="a", command=command, timeout_seconds=timeout_seconds), HERE) == why


def test_a_change_keeps_comments_and_is_put_back(specs: Specs, tmp_path: Path) -> None:
    file = tmp_path / "specs" / "web.yaml"
    assert specs.check(Scale(cluster="web", size=5)) == "web from 3 to 5"
    assert file.read_text() == WEB
    assert specs.make(Scale(cluster="web", size=5)) == "web"
    assert specs.make(Set(cluster="web", key="image", value="nginx:1.28")) == "web"
    assert file.read_text() == "image: nginx:1.28   # the server\nsize: 5\n"
    assert specs.put_back() == ("web",)
    assert file.read_text() == WEB
    assert specs.put_back() == ()


def test_a_spec_from_elsewhere_takes_the_place_of_the_cluster_it_names(specs: Specs, tmp_path: Path) -> None:
    (tmp_path / "v2.yaml").write_text("name: web\nimage: nginx:1.28\nsize: 2\n")
    assert specs.make(Apply(file="v2.yaml")) == "web"
    assert "1.28" in (tmp_path / "specs" / "web.yaml").read_text()
    specs.put_back()
    assert (tmp_path / "specs" / "web.yaml").read_text() == WEB


def test_what_somebody_else_changed_meanwhile_is_left_to_him(specs: Specs, tmp_path: Path) -> None:
    file = tmp_path / "specs" / "web.yaml"
    specs.make(Scale(cluster="web", size=5))
    file.write_text("image: nginx:1.27\nsize: 7\n")
    with pytest.raises(ReconcilerError, match=r"web.yaml: changed by somebody else since"):
        specs.put_back()
    assert file.read_text() == "image: nginx:1.27\nsize: 7\n"


def test_changes_that_can_not_be_are_refused_and_nothing_is_touched(specs: Specs, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: web\nimage: nginx:1.27\nsize: many\n")
    with pytest.raises(UsageError, match="no spec of a cluster 'nobody'"):
        specs.check(Scale(cluster="nobody", size=1))
    with pytest.raises(UsageError, match="once is a task"):
        specs.check(Scale(cluster="once", size=1))
    with pytest.raises(UsageError, match=r"missing.yaml is not there"):
        specs.check(Apply(file="missing.yaml"))
    with pytest.raises(SpecError, match=r"bad.yaml:3:7: size"):
        specs.check(Apply(file="bad.yaml"))
    with pytest.raises(SpecError, match="unknown key"):
        specs.check(Set(cluster="web", key="colour", value="red"))
    assert (tmp_path / "specs" / "web.yaml").read_text() == WEB


def test_a_load_in_the_hosts_network_has_no_name_servers_of_ours() -> None:
    load = Load(image="load", command=("--users", "2"), environment={"LOAD_SECONDS": "9"})
    made = load_blueprint(load, "dev", network="n", nameservers=("10.0.0.1",), search="dev.docker", seconds=100.0)
    assert (made.network, made.nameservers, made.hostname) == ("host", (), "")
    assert (made.name, made.environment) == ("dev_system_drill", {"LOAD_SECONDS": "9"})
    inside = load_blueprint(
        Load(image="load", network="environment"),
        "dev",
        network="n",
        nameservers=("10.0.0.1",),
        search="d",
        seconds=9.0,
    )
    assert (inside.network, inside.nameservers, inside.search) == ("n", ("10.0.0.1",), ("d",))


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (b"", None),
        (b"nonsense\n{]\n", None),
        (b"[1]\n", None),
        (b'x\n{"a": 1}\n\n', {"a": 1}),
        (b'{"a": 1', None),
        (b'{"a": NaN}', {"a": None}),
    ],
)
def test_a_loads_document_is_its_last_json_object(output: bytes, found: object) -> None:
    assert _document(output) == found


def test_clients_are_told_to_end_and_their_history_is_judged(tmp_path: Path) -> None:
    program = (
        "import json, os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "file = open(os.environ['RECONCILER_HISTORY'], 'w', buffering=1)\n"
        "line = {'process': 0, 'operation': 'read', 'key': 'k', 'time': 0.0, 'final': True}\n"
        "print(json.dumps({**line, 'type': 'invoke'}), file=file)\n"
        "signal.sigwait({signal.SIGTERM})\n"
        "print(json.dumps({**line, 'type': 'ok', 'value': []}), file=file)\n"
    )
    clients = Clients(command=(sys.executable, "-c", program))
    recording = Recording(0.0)
    clock = RealClock(threading.Event())
    started = ClientRun(clients, tmp_path, tmp_path, {}, clock)
    history = tmp_path / "history.jsonl"
    eventually(lambda: history.exists() and history.read_text() != "")
    started.finish(recording, 20.0, clock.pause)
    measured = recording.measured(0.0)
    assert measured.history_problem == ""
    assert measured.history.counts.final_reads == 1
    assert len(history.read_text().splitlines()) == 2


def test_clients_find_their_history_although_the_report_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They run in the drill's directory, which is another one."""
    monkeypatch.chdir(tmp_path)
    for name in ("out", "drills"):
        (tmp_path / name).mkdir()
    clients = Clients(command=("sh", "-c", 'touch "$RECONCILER_HISTORY"; exec sleep 60'))
    clock = RealClock(threading.Event())
    started = ClientRun(clients, tmp_path / "drills", Path("out"), {"PATH": os.environ["PATH"]}, clock)
    try:
        eventually((tmp_path / "out" / "history.jsonl").exists)
    finally:
        started.kill()


def test_a_program_that_is_not_there_is_told_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="there is no program nosuchprogram"):
        check_program(Clients(command=("nosuchprogram",)), tmp_path)
    with pytest.raises(PermanentError, match=r"there is no program ./missing"):
        check_program(Clients(command=("./missing",)), tmp_path)
    check_program(Clients(command=("sh",)), tmp_path)


def test_the_display_says_what_is_going_on_and_what_has_happened() -> None:
    clock = VirtualClock()
    text = 'kind: Drill\nsteady: {site: {http: "http://x/"}}\nsteps: [wait: 2s, dns: {cluster: web, for: 9s}]\n'
    drill = parse_drill(text.encode(), file="zone.yaml")
    recording = Recording(clock.now())
    seen: list[str] = []

    def tick() -> None:
        stage._tick()
        if clock.now() - 1_000_000.0 == 5.0:
            seen.extend(line.plain for line in screen(drill, recording.measured(clock.now()), "load: 40 requests"))

    stage = FakeStage(clock)
    clock.each_tick = tick
    run(drill, stage, clock, recording, Random(1))
    assert seen == [
        "drill zone  0:05 of 0:11 at most",
        "  step    dns web for 9s  (6 s left)",
        "  fault   dns web-1  (3 s)",
        "  ready   web 3/3  auth 3/3",
        "  steady  site: 0 of 51 failed",
        "  load    40 requests",
    ]
    assert list(happenings(recording.measured(clock.now()))) == [
        "  0:00  wait 2s",
        "  0:02  dns web for 9s",
        "  0:02    dns web-1",
        "  0:11    over: dns web-1",
        "  0:11  wait until all is ready again, and stays so",
    ]


def test_results_fit_the_terminal_and_are_whole_without_one() -> None:
    detail = "monkey: 19 s " * 8
    late = {"name": "recovered", "wanted": "within 15s of each fault", "good": False}
    document = {
        "expectations": [
            {
                **late,
                "details": [detail],
                "measured": "after `gorilla kills 1 in az1` not all were ready again by the end",
            }
        ],
        "remarks": [{"text": "put back: web"}],
        "ending": {"kind": "finished"},
        "passed": False,
        "verdict": "zone.yaml:22: recovered: within 15s of each fault expected; 19.4 s, the slowest of 6",
    }
    folded = list(results(document, 60))
    assert max(map(len, folded)) <= 60
    assert folded[:3] == [
        "  NOT MET  recovered: after `gorilla kills 1 in az1` not all",
        "             were ready again by the end",
        "             expected: within 15s of each fault",
    ]
    assert [line.strip() for line in results(document, None)] == [
        "NOT MET  recovered: after `gorilla kills 1 in az1` not all were ready again by the end",
        "expected: within 15s of each fault",
        detail.strip(),
        "put back: web",
        f"BROKEN: {document['verdict']}",
    ]
