"""What a task's file may say, and what it may not."""

import pytest

from reconciler.spec.cluster import ClusterSpec, Rollout, Stop, Task
from reconciler.spec.edit import new_task
from reconciler.spec.fields import differences
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.unit.spec.refusals import lines_of

TASK = "kind: TaskSpec\nimage: loader:1\n"


def read(text: str) -> ClusterSpec:
    return parse_cluster(text.encode(), file="loader.yaml", policy=Policy())


def test_a_kind_and_an_image_are_enough() -> None:
    spec = read(TASK)
    assert (spec.size, spec.task) == (1, Task(retries=6, deadline_seconds=None))
    assert spec.rollout == Rollout(strategy="in-place", surge=0, unavailable=1, bake_seconds=0.0)


def test_a_size_of_one_may_be_written() -> None:
    assert read(f"{TASK}size: 1\n").size == 1


def test_retries_and_deadline_are_read() -> None:
    assert read(f"{TASK}retries: 0\ndeadline: 1m30s\n").task == Task(retries=0, deadline_seconds=90.0)


def test_nobody_is_sent_to_a_task_so_its_end_takes_no_drain() -> None:
    assert read(TASK).stop == Stop(grace_seconds=10.0, drain_seconds=0.0)
    assert read(f"{TASK}stop: {{drain: 1s}}\n").stop.drain_seconds == 1.0


def test_it_takes_what_goes_into_a_container() -> None:
    spec = read(
        f"{TASK}command: [load]\nenvironment: {{A: b}}\nsecrets: {{key: s/key}}\nvolumes: ['data:/data']\n"
        "resources: {memory: 64MiB}\ndepends_on: [db]\nzones: [a, b]\npull: always\nsuspend: true\n"
        "ssh: {authorized_keys: s/keys}\n"
    )
    assert spec.command == ("load",)
    assert spec.depends_on == ("db",)
    assert spec.suspend


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("dns: other", "3:1: dns: a task doesn't have it; remove it: its one instance is named after the file"),
        ("ports: [80]", "3:1: ports: a task doesn't have it; remove it: it serves nobody"),
        ("start: ordered", "3:1: start: a task doesn't have it; remove it: it has one instance"),
        (
            "health: {heartbeat: {}}",
            "3:1: health: a task doesn't have it; remove it: it is ready when it exited 0, and `deadline` bounds a run",
        ),
        (
            "rollout: {surge: 1}",
            "3:1: rollout: a task doesn't have it; remove it: a change stops the run and starts it again",
        ),
        ("traffic: false", "3:1: traffic: a task doesn't have it; remove it: it serves nobody"),
        ("size: 2", "3:7: size: a task has size 1, not `2`; leave `size` out; it runs once at a time"),
        ("size: 0", "3:7: size: a task has size 1, not `0`; leave `size` out; `suspend: true` keeps it from running"),
        ("retries: -1", "3:10: retries: -1 is too small; use 0 or more"),
        ("deadline: 10", "3:11: deadline: 10 has no unit; write 10s for seconds"),
        ("deadline: 0s", "3:11: deadline: `0s` is out of range; use 100ms to 30d"),
        ("backoffLimit: 4", "3:1: backoffLimit: unknown key; did you mean `retries`?"),
        ("activeDeadlineSeconds: 4", "3:1: activeDeadlineSeconds: unknown key; did you mean `deadline`?"),
    ],
)
def test_what_a_task_has_not_is_refused_with_the_reason(key: str, line: str) -> None:
    assert lines_of(f"{TASK}{key}\n".encode(), file="loader.yaml") == [f"loader.yaml:{line}"]


@pytest.mark.parametrize("key", ["retries: 3", "deadline: 5m"])
def test_a_cluster_has_no_keys_of_a_task(key: str) -> None:
    name = key.partition(":")[0]
    expected = f"web.yaml:3:1: {name}: only a task has it; remove it, or write `kind: TaskSpec`"
    assert lines_of(f"image: a\nsize: 1\n{key}\n".encode(), file="web.yaml") == [expected]


def test_a_cluster_needs_its_size() -> None:
    assert lines_of(b"kind: ClusterSpec\nimage: a\n", file="web.yaml") == [
        "web.yaml:1:1: `size` is missing; add `size: 1`"
    ]


def test_another_kind_is_refused() -> None:
    assert "job.yaml:1:7: kind: `Job` is not one of ClusterSpec, TaskSpec; write ClusterSpec or TaskSpec" in lines_of(
        b"kind: Job\nimage: a\nsize: 1\n", file="job.yaml"
    )


def test_a_task_is_another_thing_than_a_cluster_of_the_same_container() -> None:
    cluster = ClusterSpec(name="loader", image="loader:1", size=1)
    assert read(TASK).spec_hash() != cluster.spec_hash()


def test_retries_and_deadline_make_no_new_revision() -> None:
    assert read(f"{TASK}retries: 1\ndeadline: 1s\n").spec_hash() == read(TASK).spec_hash()


def test_a_cluster_hash_is_as_it_was_before_there_were_tasks() -> None:
    assert ClusterSpec(name="web", image="nginx:1.27", size=3).spec_hash() == "c56ea1cec2fa"


def test_a_difference_is_said_in_the_words_of_the_format() -> None:
    assert [tuple(d) for d in differences(read(TASK), read(f"{TASK}retries: 0\ndeadline: 5m\n"))] == [
        ("retries", "6", "0"),
        ("deadline", None, "5m"),
    ]


def test_a_task_shows_no_fields_that_it_has_not() -> None:
    shown = {difference.path for difference in differences(None, read(TASK))}
    assert "kind" in shown
    assert not any(path.startswith(("rollout", "health", "start")) for path in shown)


def test_a_first_task_written_by_new_is_a_good_one() -> None:
    spec = parse_cluster(new_task("job", "base:1").encode(), file="job.yaml", policy=Policy())
    assert spec.task == Task()
