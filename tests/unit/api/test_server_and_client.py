"""The control API over a real unix socket: a fake backend behind it, the client or raw bytes before it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

import pytest

from reconciler.api.client import LoopClient
from reconciler.api.server import LARGEST_BODY_BYTES, ControlServer
from reconciler.errors import (
    EngineUnavailable,
    LockHeld,
    LoopNotRunning,
    Problem,
    ReconcilerError,
    SpecError,
    UsageError,
)
from reconciler.plan.actions import CreateInstance, PublishName, RemoveInstance
from reconciler.plan.lookup import NameRow, NameStatus
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.status import (
    ClusterStatus,
    Condition,
    InstanceStatus,
    Phase,
    RolloutStatus,
    ScaleStatus,
    Verdict,
    WorldStatus,
)
from reconciler.spec.cluster import ClusterSpec, Health, Heartbeat, Port, Probe, Volume
from reconciler.state.event import Event
from reconciler.state.records import Record
from reconciler.state.revisions import KeptRevision, Version
from reconciler.state.zones import ClosedZone

PROBLEM = Problem(file="webapp.yaml", line=3, column=1, path="size", problem="-1 is below 0", fix="0 or more")
INSTANCE = InstanceStatus(
    name="webapp1", number=1, zone="az1", container="dev-webapp-1", id="c1", phase="running",
    verdict=Verdict.READY, heartbeat_age=0.5, revision="v000", address="172.20.0.9", load=1.0, memory_bytes=9,
    serving=True,
)  # fmt: skip
CONDITION = Condition(
    type="Ready", status="True", reason="AllReady", message="", observed_generation=2,
    last_transition_time=1_700_000_000.5,
)  # fmt: skip
CLUSTER = ClusterStatus(
    name="webapp", desired=1, current=1, updated=1, ready=1, available=1, revision="v000",
    zones=("az1",), generation=2, conditions=(CONDITION,), instances=(INSTANCE,),
    problems=(PROBLEM,), doing=("nothing",),
    image="webapp:1", dns="web",
    rollout=RolloutStatus(
        phase=Phase.ROLLED_BACK, strategy="canary", revision="v001", former="v000", wanted=1, message="never ready",
    ),
    scale=ScaleStatus(size=1, min=1, max=3, metric="cpu", target=60.0, value=12.5, reason="cpu", hold="young"),
)  # fmt: skip
WORLD = WorldStatus(
    environment="dev", domain="docker", clusters=(CLUSTER,), held=("two deletions wait",),
    problems=(PROBLEM,),
    closed_zones=(ClosedZone(zone="az2", since=12.5, until=612.5, why="a disk"), ClosedZone(zone="az3", since=1.0)),
    foreign=("dev-x-1: label",), loop_running=True, loop_pid=7, specs="/specs",
)  # fmt: skip
SPEC = ClusterSpec(
    name="webapp", image="webapp:1", size=2, command=("run", "it"), environment={"A": "b"},
    ports=(Port(container=80, host_first=8080, host_last=8081),), volumes=(Volume(source="d", target="/d"),),
    health=Health(heartbeat=Heartbeat(), probe=Probe(port=80, path="/")),
)  # fmt: skip
RECORD = Record(instance="webapp1", cluster="web", zone="az1", revision="v0", address="1.2.3.4", ports=(80,))
PLAN = Plan(
    cluster="webapp",
    actions=(
        CreateInstance(
            cluster="webapp", number=1, zone="az1", revision="v000", spec_hash="h", image_id="i", attempt=1,
            spec=SPEC, source=SPEC.image, has_agent=True, cause="size 0 to 2",
        ),
        PublishName(cluster="webapp", number=1, id="c1", cause="ready", record=RECORD),
        RemoveInstance(cluster="webapp", number=3, id="c3", cause="surplus"),
    ),
    waits=(Wait(reason="Bake", message="1 s"),),
    held=Wait(reason="MassDeletion", message="confirm it"),
    requeue_after_seconds=1.0,
)  # fmt: skip


FOUND = NameStatus(
    name="webapp.dev.docker",
    ours=True,
    known=True,
    meaning="the ready instances of webapp",
    rows=(
        NameRow(
            instance="webapp1", cluster="webapp", zone="az1", revision="v000", host="h", target="10.0.0.1", ports=(80,)
        ),
    ),
    nameservers=("10.0.0.254",),
)


KEPT = (
    KeptRevision(
        version=Version(revision="v001", spec_hash="b", image_id=""), at=12.5, text="größe: 1\r\n".encode(),
        file="webapp.yaml", image="webapp:2", why="the image can't be had",
    ),
    KeptRevision(version=Version(revision="v000", spec_hash="a", image_id="sha256:1"), good=True),
)  # fmt: skip


class FakeBackend:
    """A loop that answers from values and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.kept: tuple[Event, ...] = ()
        self.failure: Exception | None = None
        self.gate: threading.Event | None = None

    def status(self) -> WorldStatus:
        if self.gate:
            assert self.gate.wait(20)
        if self.failure:
            raise self.failure
        return WORLD

    def lookup(self, name: str) -> NameStatus:
        self.asked.append(("lookup", name))
        return FOUND

    def plan(self, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
        self.asked.append(("plan", files))
        if self.failure:
            raise self.failure
        return (PLAN,)

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        self.asked.append(("events", after_id, cluster, limit))
        return tuple(event for event in self.kept if event.id > after_id)

    def revisions(self, name: str) -> tuple[KeptRevision, ...]:
        self.asked.append(("revisions", name))
        return KEPT

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        self.asked.append(("confirm", names))
        return names or ("webapp", "auth")

    def expect_delete(self, name: str) -> None:
        self.asked.append(("expect_delete", name))

    def terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> str:
        self.asked.append(("terminate", cluster, number, id, by, why))
        if self.failure:
            raise self.failure
        return id or "abc"

    def note(self, cluster: str, subject: str, cause: str) -> None:
        self.asked.append(("note", cluster, subject, cause))

    def close_zone(self, zone: str, seconds: float | None, why: str) -> tuple[str, ...]:
        self.asked.append(("close_zone", zone, seconds, why))
        if self.failure:
            raise self.failure
        return ("nothing is left",)

    def open_zone(self, zone: str) -> bool:
        self.asked.append(("open_zone", zone))
        return zone == "az1"

    def rescan(self) -> None:
        self.asked.append(("rescan",))

    def stop(self) -> None:
        self.asked.append(("stop",))

    def info(self) -> Mapping[str, str]:
        return {"pid": "7", "env": "dev"}


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fails after `seconds`."""
    tick, deadline = threading.Event(), monotonic() + seconds
    while not true():
        assert monotonic() < deadline, "it did not come true in time"
        tick.wait(0.01)


class Loop:
    """A served backend with its client."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.backend = FakeBackend()
        self.problems: list[str] = []
        self.server = ControlServer(self.backend, path, self.problems.append, look_seconds=0.05)
        self.client = LoopClient(path)

    def raw(self, text: bytes) -> tuple[int, dict[str, object], str]:
        """Send these bytes; status, JSON and head of what comes back."""
        connection = socket.socket(socket.AF_UNIX)
        with connection:
            connection.settimeout(20)
            connection.connect(str(self.path))
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body or b"{}"), head.decode()

    def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> tuple[int, str]:
        """Send one request; status and error message ('' for none)."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
        lines += headers or ("Content-Type: application/json",)
        status, payload, _ = self.raw("\r\n".join([*lines, "", ""]).encode() + body)
        error = payload.get("error")
        return status, str(error["message"]) if isinstance(error, dict) else ""


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    served = Loop(tmp_path / "state" / "api.sock")
    served.server.start()
    yield served
    served.server.close()


def test_status_and_plan_arrive_as_the_values_they_were(loop: Loop) -> None:
    assert loop.client.status() == WORLD
    assert loop.client.plan() == (PLAN,)
    assert loop.backend.asked == [("plan", None)]


def test_posted_files_arrive_byte_for_byte_even_when_they_are_no_text(loop: Loop) -> None:
    files = {"a.yaml": "größe: 1\r\n".encode(), "b.yaml": b"\xff\x00"}
    loop.client.plan(files)
    assert loop.backend.asked == [("plan", files)]


def test_what_a_name_answers_arrives_as_the_value_it_was(loop: Loop) -> None:
    assert loop.client.lookup("webapp.dev.docker") == FOUND
    assert loop.backend.asked == [("lookup", "webapp.dev.docker")]


def test_the_versions_of_a_cluster_arrive_as_the_values_they_were(loop: Loop) -> None:
    assert loop.client.revisions("webapp") == KEPT
    assert loop.backend.asked == [("revisions", "webapp")]


def test_zones_are_closed_and_opened(loop: Loop) -> None:
    assert loop.client.close_zone("az1", 600, "a disk") == ("nothing is left",)
    assert loop.client.close_zone("az1") == ("nothing is left",)
    assert [loop.client.open_zone(zone) for zone in ("az1", "az2")] == [True, False]
    closings = [("close_zone", "az1", 600, "a disk"), ("close_zone", "az1", None, "")]
    assert loop.backend.asked == [*closings, ("open_zone", "az1"), ("open_zone", "az2")]
    loop.backend.failure = UsageError("no zone 'az9'; there are az1")
    with pytest.raises(UsageError, match="there are az1"):
        loop.client.close_zone("az9")


@pytest.mark.parametrize(
    "body",
    [
        b'{"zone": "az1"}', b'{"zone": 1, "closed": true}', b'{"zone": "az1", "closed": "no"}',
        b'{"zone": "az1", "closed": true, "seconds": true}', b'{"zone": "az1", "closed": false, "seconds": 5}',
        b'{"zone": "az1", "closed": true, "why": 3}', b'{"zone": "az1", "closed": true, "for": 3}',
    ],
)  # fmt: skip
def test_a_zone_request_that_is_none_is_refused(loop: Loop, body: bytes) -> None:
    assert loop.ask("POST", "/v1/zones", body)[0] == 400
    assert loop.backend.asked == []


def test_an_instance_is_terminated_and_the_answer_says_which(loop: Loop) -> None:
    assert loop.client.terminate("webapp", 2) == "abc"
    assert loop.client.terminate("webapp", 2, "f00", by="console", why="it leaks") == "f00"
    assert loop.backend.asked == [
        ("terminate", "webapp", 2, "", "", ""), ("terminate", "webapp", 2, "f00", "console", "it leaks")
    ]  # fmt: skip
    loop.backend.failure = ReconcilerError("webapp-2 can't be terminated: webapp is suspended")
    with pytest.raises(ReconcilerError, match="is suspended"):
        loop.client.terminate("webapp", 2)


@pytest.mark.parametrize(
    "body",
    [
        b'{"cluster": "webapp"}', b'{"number": 1}', b'{"cluster": "webapp", "number": 0}',
        b'{"cluster": "webapp", "number": true}', b'{"cluster": "webapp", "number": 1.5}',
        b'{"cluster": "Web App", "number": 1}', b'{"cluster": "webapp", "number": 1, "why": "a\\nb"}',
        b'{"cluster": "webapp", "number": 1, "by": 3}', b'{"cluster": "webapp", "number": 1, "force": true}',
    ],
)  # fmt: skip
def test_a_termination_that_is_none_is_refused(loop: Loop, body: bytes) -> None:
    assert loop.ask("POST", "/v1/terminations", body)[0] == 400
    assert loop.backend.asked == []


def test_mutations_reach_the_loop(loop: Loop) -> None:
    assert loop.client.confirm() == ("webapp", "auth")
    assert loop.client.confirm(("webapp",)) == ("webapp",)
    loop.client.expect_delete("auth")
    loop.client.note("", "web-1", "killed by hand")
    loop.client.rescan()
    loop.client.stop()
    asked = [
        *(("confirm", None), ("confirm", ("webapp",)), ("expect_delete", "auth")),
        *(("note", "", "web-1", "killed by hand"), ("rescan",), ("stop",)),
    ]
    assert loop.backend.asked == asked
    assert loop.client.info() == {"pid": "7", "env": "dev"}


def test_a_long_poll_ends_with_the_first_event(loop: Loop) -> None:
    arrived = Event(at=5.0, cluster="webapp", kind="create", subject="webapp-1", cause="size", id=5000)
    found: list[object] = []
    poll = threading.Thread(
        target=lambda: found.append(loop.client.events(after_id=1, cluster="webapp", limit=5, wait_seconds=60))
    )
    poll.start()
    wait_until(lambda: len(loop.backend.asked) > 1)
    assert found == []
    loop.backend.kept = (arrived,)
    poll.join(20)
    assert found == [(arrived,)]
    assert set(loop.backend.asked) == {("events", 1, "webapp", 5)}


def test_a_poll_that_is_not_told_to_wait_does_not(loop: Loop) -> None:
    assert loop.client.events() == ()
    assert len(loop.backend.asked) == 1


def test_closing_ends_long_polls(loop: Loop) -> None:
    found: list[object] = []
    poll = threading.Thread(target=lambda: found.append(loop.client.events(wait_seconds=50)))
    poll.start()
    wait_until(lambda: bool(loop.backend.asked))
    loop.server.close()
    poll.join(20)
    assert found == [()]


def test_what_the_loop_raises_is_raised_at_the_client(loop: Loop) -> None:
    loop.backend.failure = SpecError((PROBLEM,))
    with pytest.raises(SpecError) as caught:
        loop.client.plan({})
    assert caught.value.problems == (PROBLEM,)
    loop.backend.failure = EngineUnavailable("the engine does not answer")
    with pytest.raises(EngineUnavailable, match="does not answer"):
        loop.client.status()


def test_a_bug_of_the_loop_is_a_sentence_without_traceback(loop: Loop) -> None:
    loop.backend.failure = KeyError("token=hunter2")
    status, message = loop.ask("GET", "/v1/status")
    assert (status, message) == (500, "the loop failed on this request; its log says why")


@pytest.mark.parametrize("path", ["plan", "confirm", "deletes", "notes", "rescan", "stop"])
def test_mutations_are_not_for_get(loop: Loop, path: str) -> None:
    status, _, head = loop.raw(f"GET /v1/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status == 405
    assert "Allow: POST" in head
    assert loop.backend.asked == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/v1/nothing", b"", 404, "/v1/status"),
        ("PUT", "/v1/status", b"", 405, "GET"),
        ("BREW", "/v1/status", b"", 501, "BREW"),
        ("GET", "/v1/revisions", b"", 400, "one cluster"),
        ("GET", "/v1/revisions?name=webapp&limit=3", b"", 400, "one cluster"),
        ("GET", "/v1/revisions?name=../x", b"", 400, "DNS label"),
        ("POST", "/v1/confirm", b"{", 400, "no JSON"),
        ("POST", "/v1/confirm", b"[" * 100_000, 400, "no JSON"),
        ("POST", "/v1/confirm", b"[]", 400, "object"),
        ("POST", "/v1/confirm", b'{"names":"webapp"}', 400, "list"),
        ("POST", "/v1/confirm", b'{"name":[]}', 400, "no such key"),
        ("POST", "/v1/confirm", b'{"names":["../x"]}', 400, "DNS label"),
        ("POST", "/v1/deletes", b"{}", 400, "DNS label"),
        ("POST", "/v1/notes", b'{"kind":"remove","subject":"a","cause":"b"}', 400, "only chaos"),
        ("POST", "/v1/notes", b'{"kind":"chaos","cluster":"a;b","subject":"a","cause":"b"}', 400, "DNS label"),
        ("POST", "/v1/notes", b'{"kind":"chaos","cause":"b"}', 400, "subject: one line"),
        ("POST", "/v1/notes", b'{"kind":"chaos","subject":"a\\nb","cause":"b"}', 400, "subject: one line"),
        ("POST", "/v1/notes", b'{"kind":"chaos","subject":"a","cause":"%s"}' % (b"b" * 1001), 400, "1 to 1000"),
        ("POST", "/v1/notes", b'{"kind":"chaos","subject":"a","cause":7}', 400, "cause: one line"),
        ("POST", "/v1/plan", b'{"files":{"../a.yaml":""}}', 400, "plain file name"),
        ("POST", "/v1/plan", b'{"files":{"a.yaml":7}}', 400, "base64"),
        ("POST", "/v1/plan", b'{"files":{"a.yaml":{"base64":"*"}}}', 400, "a.yaml"),
        ("POST", "/v1/plan", b'{"files":{"a.yaml":"\\ud800"}}', 400, "a.yaml"),
        ("GET", "/v1/events?after=-1", b"", 400, "after"),
        ("GET", "/v1/events?wait=nan", b"", 400, "wait"),
        ("GET", "/v1/events?limt=1", b"", 400, "limt"),
        ("GET", "/v1/events?cluster=a;b", b"", 400, "DNS label"),
    ],
)
def test_bad_requests_are_answered_in_json_and_change_nothing(
    loop: Loop, method: str, path: str, body: bytes, status: int, says: str
) -> None:
    found, message = loop.ask(method, path, body)
    assert (found, says in message) == (status, True), message
    assert loop.backend.asked == []


def test_bodies_are_bounded_typed_and_whole(loop: Loop) -> None:
    kind = b"POST /v1/rescan HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    assert loop.raw(kind + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY_BYTES + 1))[0] == 413
    assert loop.raw(kind + b"Content-Length: x\r\n\r\n")[0] == 400
    assert loop.raw(kind + b"Content-Length: 9\r\n\r\n{}")[0] == 400
    assert loop.raw(kind + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")[0] == 411
    assert loop.ask("POST", "/v1/rescan", b"{}", "Content-Type: text/plain")[0] == 415
    assert loop.backend.asked == []


def test_web_pages_are_refused(loop: Loop) -> None:
    headers = ("Content-Type: application/json", "Origin: http://evil.example")
    assert loop.ask("POST", "/v1/stop", b"{}", *headers)[0] == 403
    assert loop.backend.asked == []


def test_rubbish_is_answered_and_survived(loop: Loop) -> None:
    assert loop.raw(b"\x16\x03\x01\x00 \r\n\r\n")[0] == 400
    assert loop.client.status() == WORLD


def test_too_many_at_once_are_turned_away_and_served_later(loop: Loop) -> None:
    idle = []
    for _ in range(32):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(loop.path))
        idle.append(connection)
    wait_until(lambda: loop.server._free._value == 0)
    with pytest.raises(Exception, match="too many requests"):
        loop.client.status()
    for connection in idle:
        connection.close()
    wait_until(lambda: loop.server._free._value == 32)
    assert loop.client.status() == WORLD


def test_only_the_owner_may_reach_the_socket(loop: Loop) -> None:
    assert loop.path.stat().st_mode & 0o777 == 0o600
    assert loop.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_living_socket_is_never_stolen(loop: Loop) -> None:
    second = ControlServer(FakeBackend(), loop.path, lambda _: None)
    with pytest.raises(LockHeld, match="reconciler stop"):
        second.start()
    second.close()
    assert loop.client.status() == WORLD


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    gone = socket.socket(socket.AF_UNIX)
    gone.bind(str(path))
    gone.close()
    with pytest.raises(LoopNotRunning, match="is gone; start it again with `reconciler run`"):
        LoopClient(path).status()
    served = Loop(path)
    served.server.start()
    assert served.client.alive()
    served.server.close()
    assert not path.exists()
    with pytest.raises(LoopNotRunning, match="no loop running"):
        served.client.status()
    assert not served.client.alive()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "api.sock").write_text("precious")
    with pytest.raises(UsageError, match="no socket"):
        Loop(tmp_path / "api.sock").server.start()
    assert (tmp_path / "api.sock").read_text() == "precious"


def test_a_directory_shared_with_others_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(UsageError, match="belongs to others"):
        Loop(tmp_path / "api.sock").server.start()


def test_a_deleted_socket_is_made_again(loop: Loop) -> None:
    loop.path.unlink()
    loop.path.with_name("api.sock.lock").unlink()
    loop.path.parent.rmdir()
    wait_until(loop.client.alive)


def test_a_place_that_does_not_exist_yet_is_reported_once_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    served = Loop(tmp_path / "state" / "api.sock")
    served.server.start()
    (tmp_path / "state").unlink()
    wait_until(served.client.alive)
    assert len(served.problems) == 1
    served.server.close()


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    served = Loop(tmp_path / ("d" * 120) / "api.sock")
    served.server.start()
    assert served.client.status() == WORLD
    served.server.close()


def test_a_loop_that_does_not_answer_is_said_to_be_silent(loop: Loop) -> None:
    loop.backend.gate = threading.Event()
    with pytest.raises(LoopNotRunning, match="did not answer within"):
        LoopClient(loop.path, answer_seconds=0.2).status()
    loop.backend.gate.set()
