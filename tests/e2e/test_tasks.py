"""Tasks on the real engine: one run to completion, repeated when it fails, its exited container the record of it."""

from collections.abc import Iterator

import pytest

from reconciler.plan.status import InstanceStatus
from reconciler.state.event import Event
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, SLIM, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]


def task(command: str, *more: str, image: str = SLIM) -> str:
    lines = ["kind: TaskSpec", f"image: {image}", f'command: [sh, -c, "{command}"]', "stop: {grace: 1s}", *more]
    return "\n".join(lines) + "\n"


@pytest.fixture
def loader(loop: LoopProcess) -> Iterator[str]:
    """The name of a task; it is gone afterwards."""
    yield "loader"
    if (loop.specs / "loader.yaml").exists():
        assert loop.cli("delete", "loader").code == 0
    loop.until_gone("loader")


def run_of(loop: LoopProcess, name: str) -> InstanceStatus | None:
    row = loop.cluster(name)
    return row.instances[0] if row is not None and row.instances else None


def in_phase(loop: LoopProcess, name: str, phase: str) -> bool:
    run = run_of(loop, name)
    return run is not None and run.phase == phase


def record(loop: LoopProcess, name: str) -> str:
    """The id of the one container of a task."""
    (id_,) = loop.containers(name, every=True).values()
    return id_


def runs(loop: LoopProcess, name: str) -> list[Event]:
    return list(loop.events(name, "task"))


def starts(loop: LoopProcess, name: str) -> int:
    return len(loop.events(name, "create"))


def test_a_task_completes_once_and_never_again(loop: LoopProcess, loader: str) -> None:
    before = len(runs(loop, loader))
    loop.save(loader, task("echo loading; echo loaded >&2"))
    waited = loop.cli("wait", loader, "--timeout", "60s")
    assert (waited.code, waited.out) == (0, "loader: ready\n"), waited.err
    first = record(loop, loader)
    assert loop.inspect(first)["Config"]["Labels"]["io.reconciler.role"] == "task"
    run = run_of(loop, loader)
    assert run is not None
    assert (run.phase, run.exit_code, run.task) == ("completed", 0, True)

    loop.kill()
    loop.start()
    loop.restart()
    loop.until_settled()
    assert record(loop, loader) == first
    assert loop.inspect(first)["RestartCount"] == 0
    assert loop.plan().code == 0
    assert [event.message for event in runs(loop, loader)[before:]] == ["completed: exit 0"]

    logged = loop.cli("logs", loader)
    assert "loading" in logged.out + logged.err
    assert "loader1 completed" in loop.cli("status").out
    assert "completed" in loop.cli("status", "-o", "wide").out
    shown = loop.cli("status", loader, "-o", "json").json()["clusters"][0]
    assert (shown["kind"], shown["instances"][0]["exit_code"], shown["ready"]) == ("TaskSpec", 0, 1)


def test_the_agent_of_an_image_has_no_say_in_a_task(loop: LoopProcess, loader: str) -> None:
    """Images of ours beat while the task runs; what counts is how their command ends."""
    loop.save(loader, task("sleep 1; exit 0", image=BASE))
    loop.until_ready(loader, 1)
    loop.save(loader, task("sleep 1; exit 5", "retries: 0", image=BASE))
    loop.until(lambda: "TaskFailed" in loop.condition(loader, "Degraded"), what="it has failed")
    run = run_of(loop, loader)
    assert run is not None
    assert run.exit_code == 5


def test_a_failing_task_is_repeated_with_back_off_and_then_left(loop: LoopProcess, loader: str) -> None:
    before = len(runs(loop, loader))
    applied = loop.root / "loader.yaml"
    applied.write_text(task("echo broken; exit 3", "retries: 2"))
    waited = loop.cli("apply", applied, "--wait", "--timeout", "90s")
    assert waited.code == 3
    assert "TaskFailed: loader-1 failed: exit 3, in run 3 of at most 3" in waited.err
    assert "Failed: loader" in waited.err
    assert loop.cli("wait", loader, "--timeout", "90s").code == 3

    told = runs(loop, loader)[before:]
    assert [event.message for event in told] == ["exit 3"] * 3
    made = [event.at for event in loop.events(loader, "create")][-2:]
    gaps = [start - end.at for end, start in zip(told, made, strict=False)]
    assert all(gap > wait for gap, wait in zip(gaps, (0.9, 1.9), strict=True)), gaps
    status = loop.cli("status", loader)
    assert "loader1 failed exit 3" in status.out
    assert loop.cli("status", loader, "-o", "json").json()["clusters"][0]["instances"][0]["exit_code"] == 3
    assert loop.plan().code == 2

    loop.docker.remove_container(record(loop, loader))
    loop.until(lambda: len(runs(loop, loader)) == before + 6, 60, "a removed record is run again, with all its retries")


def test_another_spec_stops_the_run_and_starts_it_anew(loop: LoopProcess, loader: str) -> None:
    loop.save(loader, task("sleep 300"))
    loop.until(lambda: in_phase(loop, loader, "running"), what="it runs")
    first = record(loop, loader)
    loop.follow(loader, task("echo done"), 1)
    assert record(loop, loader) != first
    run = run_of(loop, loader)
    assert run is not None
    assert run.revision == "v001"
    second = record(loop, loader)
    loop.save(loader, task("echo done", "retries: 1", "deadline: 1h", "zones: [elsewhere]"))
    loop.until(lambda: (row := loop.cluster(loader)) is not None and row.zones == ("elsewhere",), what="it is read")
    loop.until_settled()
    assert record(loop, loader) == second


def test_a_killed_run_is_repeated(loop: LoopProcess, loader: str) -> None:
    before = len(runs(loop, loader))
    loop.save(loader, task("sleep 3"))
    loop.until(lambda: in_phase(loop, loader, "running"), what="it runs")
    loop.docker.kill(record(loop, loader))
    loop.until_ready(loader, 1)
    assert [event.message for event in runs(loop, loader)[before:]] == ["exit 137", "completed: exit 0"]


def test_a_run_beyond_its_deadline_is_killed_though_it_would_exit_zero(loop: LoopProcess, loader: str) -> None:
    loop.save(loader, task("trap 'exit 0' TERM; sleep 300 & wait", "deadline: 1s", "retries: 0"))
    loop.until(lambda: "TaskFailed" in loop.condition(loader, "Degraded"), what="it has failed")
    assert "exit 137, killed at its deadline" in loop.condition(loader, "Degraded")


def test_a_cluster_waits_for_its_task_and_goes_on_when_the_record_goes(loop: LoopProcess, loader: str) -> None:
    loop.save(loader, task("test -e /data/first || { touch /data/first; exit 1; }", 'volumes: ["data:/data"]'))
    loop.save("web", spec(1, f"depends_on: [{loader}]"))
    loop.until_ready("web", 1)
    failed, done = runs(loop, loader)[-2:]
    assert (failed.result, done.result) == ("failed", "done")
    made = loop.events("web", "create")[-1]
    assert made.at >= done.at - 0.1
    web = loop.containers("web")
    loop.docker.remove_container(record(loop, loader))
    loop.until(lambda: len(runs(loop, loader)) > 0 and runs(loop, loader)[-1].id > done.id, what="it runs again")
    loop.until_settled()
    assert loop.containers("web") == web
    assert loop.cli("delete", "web").code == 0
    loop.until_gone("web")


def test_a_suspended_task_does_not_run_until_it_is_resumed(loop: LoopProcess, loader: str) -> None:
    before = starts(loop, loader)
    loop.save(loader, task("echo done", "suspend: true"))
    loop.until(lambda: loop.condition(loader, "Suspended").startswith("True"), what="it is suspended")
    assert starts(loop, loader) == before
    assert loop.cli("resume", loader).code == 0
    loop.until_ready(loader, 1)


def test_a_deleted_task_leaves_nothing(loop: LoopProcess, loader: str) -> None:
    loop.save(loader, task("sleep 300"))
    loop.until(lambda: in_phase(loop, loader, "running"), what="it runs")
    assert loop.cli("delete", loader).code == 0
    loop.until_gone(loader)


def test_an_instance_name_answers_while_it_runs_and_the_name_of_the_task_never(loop: LoopProcess, loader: str) -> None:
    loop.save(loader, task("sleep 300"))
    loop.until(lambda: in_phase(loop, loader, "running"), what="it runs")
    run = run_of(loop, loader)
    assert run is not None
    address = loop.inspect(record(loop, loader))["NetworkSettings"]["Networks"][f"reconciler-{loop.env}"]["IPAddress"]
    loop.until(lambda: address in loop.cli("dns", "lookup", f"loader1.loader.{loop.env}.docker").out, what="a name")
    assert "answers nothing" in loop.cli("dns", "lookup", f"loader.{loop.env}.docker").out
