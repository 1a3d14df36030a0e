"""Plans and events as people read them, compared whole."""

import time
from collections.abc import Iterator

import pytest

from reconciler.console.differences import Difference, differences
from reconciler.console.events_view import events_view
from reconciler.console.glyphs import ASCII
from reconciler.console.plan_view import plan_view
from reconciler.plan.actions import CreateInstance, RemoveInstance, TerminateInstance
from reconciler.plan.plan import Plan, Wait
from reconciler.spec.cluster import ClusterSpec, Health, Heartbeat
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.unit.console import worlds

SPEC = ClusterSpec(name="webapp", image="acmeair/webapp:1.1", size=4)


@pytest.fixture
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def create(number: int, cause: str, replaces: str | None = None) -> CreateInstance:
    return CreateInstance(
        cluster="webapp",
        number=number,
        zone="az1",
        revision="v001",
        spec_hash="abc",
        image_id="sha256:1",
        attempt=1,
        spec=SPEC,
        source=SPEC.image,
        has_agent=False,
        cause=cause,
        replaces=replaces,
    )


def test_each_action_has_a_sign_a_subject_and_a_cause() -> None:
    plan = Plan(
        cluster="webapp",
        actions=(
            create(4, "size 3 -> 4"),
            create(1, "exited with 137", replaces="deadbeef"),
            TerminateInstance(cluster="webapp", number=2, id="2", cause="outdated: image changed"),
            RemoveInstance(cluster="webapp", number=9, id="9", cause="surplus"),
        ),
    )
    changes = {"webapp": (Difference(field="image", before="acmeair/webapp:1.0", after="acmeair/webapp:1.1"),)}
    assert plan_view([plan], 80, glyphs=ASCII, changes=changes).plain == (
        "webapp  v001\n"
        "    image  acmeair/webapp:1.0 -> acmeair/webapp:1.1\n"
        "  + create    webapp-4  size 3 -> 4\n"
        "  ~ replace   webapp-1  exited with 137\n"
        "  - terminate webapp-2  outdated: image changed\n"
        "  - remove    webapp-9  surplus\n"
        "\n"
        "Plan: 1 create, 1 replace, 1 terminate, 1 remove."
    )


def test_what_is_held_and_what_waits_is_listed_as_such() -> None:
    held = Plan(cluster="auth", held=Wait(reason="MassDeletion", message="3 clusters lost their files"))
    waiting = Plan(cluster="webapp", waits=(Wait(reason="DependsOn", message="auth is not ready"),))
    assert plan_view([held, waiting], 80).plain == (
        "auth\n"
        "  ! held MassDeletion  3 clusters lost their files\n"
        "\n"
        "webapp\n"
        "    wait DependsOn  auth is not ready\n"
        "\n"
        "Plan: no actions; 1 waiting; 1 held."
    )


def test_an_empty_plan_says_that_there_is_nothing_to_do() -> None:
    assert plan_view([Plan(cluster="webapp")]).plain == "Nothing to do: what runs is what the specs say."


def test_differences_are_named_as_in_the_file() -> None:
    before = ClusterSpec(name="webapp", image="a:1", size=3, environment={"LOG_LEVEL": "info"})
    after = ClusterSpec(
        name="webapp",
        image="a:2",
        size=3,
        environment={"LOG_LEVEL": "debug"},
        health=Health(heartbeat=Heartbeat(interval_seconds=2.0)),
    )
    assert [f"{d.field}: {d.before} -> {d.after}" for d in differences(before, after)] == [
        "environment.LOG_LEVEL: info -> debug",
        "health.heartbeat.interval: (none) -> 2",
        "health.heartbeat.misses: (none) -> 3",
        "image: a:1 -> a:2",
    ]


def test_a_new_cluster_differs_in_what_its_file_says_only() -> None:
    spec = ClusterSpec(name="webapp", image="a:1", size=3)
    assert [d.field for d in differences(None, spec)] == ["image", "size"]
    assert differences(spec, spec) == ()


def test_a_task_differs_in_its_own_words_and_has_nothing_of_a_cluster() -> None:
    task = read(b"kind: TaskSpec\nimage: a:1\nretries: 2\n")
    assert [f"{d.field}: {d.after}" for d in differences(None, task)] == ["image: a:1", "kind: TaskSpec", "retries: 2"]
    slower = read(b"kind: TaskSpec\nimage: a:1\ndeadline: 5m\n")
    assert [f"{d.field}: {d.before} -> {d.after}" for d in differences(task, slower)] == [
        "deadline: (none) -> 300",
        "retries: 2 -> 6",
    ]


def read(text: bytes) -> ClusterSpec:
    return parse_cluster(text, file="loader.yaml", policy=Policy())


@pytest.mark.usefixtures("_utc")
def test_events_say_when_what_why_and_how_long() -> None:
    assert events_view(worlds.events(), 80).plain == (
        "20:00:00  create   webapp-1    size 0 -> 3 (0.31 s)\n"
        "20:00:01  channel  heartbeats  3 silent together\n"
        "20:01:15  create   webapp-2    FAILED exited with 1: no space left on device\n"
        "                               (12.0 s)"
    )


def test_no_events_are_said_to_be_none() -> None:
    assert events_view(()).plain == "no events yet"
