"""What a person or a CI job types against a real loop: results, exit codes, and what the engine shows after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess, Ran
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

COMMENTED = "# who asks for more: ops\n" + spec(1) + "# the end\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A directory of specs somewhere else, as a CI job's checkout is."""
    directory = tmp_path / "inbox"
    directory.mkdir()
    return directory


@pytest.fixture
def alone(engine: str, tmp_path: Path) -> Iterator[LoopProcess]:
    """An environment in which no loop runs."""
    process = LoopProcess(engine, tmp_path / "alone")
    try:
        yield process
    finally:
        process.close()


def fine(ran: Ran) -> Ran:
    assert ran.code == 0, ran.out + ran.err
    return ran


def test_apply_plan_wait_scale_suspend_and_delete(loop: LoopProcess, inbox: Path) -> None:
    (inbox / "web.yaml").write_text(COMMENTED)
    fine(loop.cli("validate", inbox))
    planned = loop.cli("plan", inbox)
    assert planned.code == 2
    assert "web-1" in planned.out
    assert not loop.containers("web", every=True)

    fine(loop.cli("apply", inbox / "web.yaml", "--wait", "--timeout", "60s"))
    assert loop.numbers("web") == [1]
    assert (loop.specs / "web.yaml").read_text() == COMMENTED
    fine(loop.cli("plan"))
    fine(loop.cli("wait", "web", "--for", "ready", "--timeout", "10s"))
    fine(loop.cli("status", "--exit-code"))

    fine(loop.cli("scale", "web", "2"))
    assert (loop.specs / "web.yaml").read_text() == COMMENTED.replace("size: 1", "size: 2")
    loop.until_ready("web", 2)

    fine(loop.cli("suspend", "web"))
    loop.until(lambda: loop.condition("web", "Suspended").startswith("True"), what="it is suspended")
    loop.docker.kill(loop.containers("web")[f"{loop.env}-web-2"])
    assert loop.cli("wait", "web", "--for", "ready", "--timeout", "1s").code == 3
    assert loop.cli("status", "--exit-code").code == 3
    assert loop.numbers("web") == [1]
    fine(loop.cli("resume", "web"))
    fine(loop.cli("wait", "web", "--for", "ready", "--timeout", "60s"))
    assert loop.numbers("web") == [1, 2]
    assert "# who asks for more: ops" in (loop.specs / "web.yaml").read_text()

    fine(loop.cli("delete", "web"))
    fine(loop.cli("wait", "web", "--for", "gone", "--timeout", "60s"))
    assert not (loop.specs / "web.yaml").exists()
    assert not loop.containers("web", every=True)
    fine(loop.cli("plan"))


def test_apply_takes_all_files_or_none(loop: LoopProcess, inbox: Path) -> None:
    (inbox / "good.yaml").write_text(spec(1))
    (inbox / "bad.yaml").write_text("image: a\nsizes: 1\n")
    ran = loop.cli("apply", inbox, "--wait")
    assert ran.code == 1
    assert "bad.yaml:2:1: sizes: unknown key; did you mean `size`?" in ran.err
    assert not (loop.specs / "good.yaml").exists()


def test_apply_says_when_it_is_not_ready_in_time(loop: LoopProcess, inbox: Path) -> None:
    (inbox / "never.yaml").write_text(spec(1, "health: {tcp: {port: 9}, start: 60s}"))
    ran = loop.cli("apply", inbox / "never.yaml", "--wait", "--timeout", "3s")
    assert ran.code == 3
    assert "never: 0 of 1 ready" in ran.err
    fine(loop.cli("delete", "never"))
    loop.until_gone("never")


def test_prune_removes_what_the_directory_lacks(loop: LoopProcess, inbox: Path) -> None:
    for name in ("one", "two", "three"):
        (inbox / f"{name}.yaml").write_text(spec(1 if name == "one" else 0))
    fine(loop.cli("apply", "--prune", inbox, "--wait"))
    (inbox / "two.yaml").unlink()
    ran = fine(loop.cli("apply", "--prune", inbox, "--wait"))
    assert "removed (two.yaml)" in ran.out
    loop.until_gone("two")
    assert {row.name for row in loop.status().clusters} == {"one", "three"}
    for name in ("one", "three"):
        fine(loop.cli("delete", name))
        loop.until_gone(name)


def test_status_as_json_has_the_documented_shape(loop: LoopProcess) -> None:
    loop.follow("shape", spec(1, "zones: [az1]"), 1)
    told = fine(loop.cli("status", "-o", "json")).json()
    assert told["environment"] == loop.env
    assert told["loop"] == {"running": True, "pid": loop.pid, "specs": str(loop.specs)}
    assert told["held"] == []
    (row,) = (row for row in told["clusters"] if row["name"] == "shape")
    numbers = {key: row[key] for key in ("desired", "current", "updated", "ready", "available")}
    assert set(numbers.values()) == {1}
    assert row["revision"] == "v000"
    assert {c["type"]: c["status"] for c in row["conditions"]} == {
        "Ready": "True", "Progressing": "False", "Degraded": "False",
    }  # fmt: skip
    assert all(c["lastTransitionTime"] and c["reason"] and "observedGeneration" in c for c in row["conditions"])
    (instance,) = row["instances"]
    wanted = {"name": "shape1", "number": 1, "zone": "az1", "container": f"{loop.env}-shape-1", "phase": "running"}
    assert wanted.items() <= instance.items()
    assert {"verdict", "heartbeat_age", "revision", "address"} <= instance.keys()
    assert fine(loop.cli("status", "shape", "-o", "yaml")).out.startswith("environment:")


def test_events_logs_and_exec_reach_an_instance_by_any_of_its_names(loop: LoopProcess) -> None:
    talking = "[sh, -c, 'echo hello from $HOSTNAME; exec sleep infinity']"
    loop.follow("talking", spec(2, command=talking), 2)
    events = fine(loop.cli("events", "talking")).out
    assert "talking-1" in events
    assert "size 2: 0 there" in events
    alone = fine(loop.cli("logs", "talking-2")).out
    assert "hello from talking2" in alone
    together = fine(loop.cli("logs", "talking")).out
    assert "hello from talking1" in together
    assert "hello from talking2" in together
    for name in ("talking2", "talking-2", f"{loop.env}-talking-2"):
        assert fine(loop.cli("exec", name, "--", "hostname")).out == "talking2\n"
    assert loop.cli("exec", "talking1", "--", "sh", "-c", "exit 7").code == 7
    unknown = loop.cli("exec", "talking9", "--", "true")
    assert unknown.code == 1
    assert "no cluster or instance 'talking9'" in unknown.err


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--nonsense"),
        ("stats",),
        ("scale", "web"),
        ("apply",),
        ("--env", "UPPER"),
        ("status", "--env", "UPPER"),
    ],
)
def test_a_usage_error_is_no_answer(loop: LoopProcess, words: tuple[str, ...]) -> None:
    ran = loop.cli(*words)
    assert ran.code == 64
    assert ran.err.startswith("Error: ")


def test_a_detached_loop_is_found_refuses_a_second_one_and_is_stopped(alone: LoopProcess) -> None:
    alone.save("web", spec(1))
    fine(alone.cli("run", alone.specs, "--detach"))
    try:
        alone.until_ready("web", 1)
        second = alone.cli("run", alone.specs, "--detach")
        assert second.code == 1
        assert "runs already" in second.err
        refused = alone.cli("down", "--yes")
        assert refused.code == 1
        assert "running" in refused.err
        assert alone.numbers("web") == [1]
    finally:
        fine(alone.cli("stop"))
    assert alone.numbers("web") == [1]
    again = alone.cli("stop")
    assert again.code == 1
    assert "no loop running" in again.err
    fine(alone.cli("down", "--yes"))
    assert not alone.containers(every=True)
    assert not alone.docker.networks(names=[f"reconciler-{alone.env}"])
    assert (alone.specs / "web.yaml").exists()


def test_apply_once_and_status_need_no_loop(alone: LoopProcess, inbox: Path) -> None:
    (inbox / "web.yaml").write_text(spec(1))
    waiting = alone.cli("apply", inbox / "web.yaml", "--wait")
    assert waiting.code == 1
    assert "--once" in waiting.err
    fine(alone.cli("apply", inbox / "web.yaml", "--once", "--timeout", "60s"))
    assert alone.numbers("web") == [1]
    status = fine(alone.cli("status", "-o", "json")).json()
    assert status["loop"]["running"] is False
    assert status["clusters"][0]["current"] == 1
    plan = alone.cli("plan")
    assert plan.code == 0, plan.out
    (alone.specs / "web.yaml").write_text(spec(2))
    assert alone.cli("plan").code == 2
    assert alone.cli("plan", alone.root / "nowhere").code == 64
    (alone.specs / "web.yaml").write_text("size: [\n")
    assert alone.cli("plan").code == 1
