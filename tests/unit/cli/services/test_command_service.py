"""Our own commands as operations: their lines, their ends, and how they are stopped."""

import signal
import time
from pathlib import Path

import pytest

from reconciler.api.operations import Operation, OperationRegister, OperationState
from reconciler.cli.services.commands import CommandService
from reconciler.cli.settings import resolve
from reconciler.errors import SpecError, UsageError

WAIT_SECONDS = 30.0


@pytest.fixture
def service(tmp_path: Path) -> CommandService:
    settings = resolve(state=tmp_path / "state", specs=tmp_path, engine=f"unix://{tmp_path}/no-engine.sock")
    return CommandService(settings=settings, operations=OperationRegister())


def ended(service: CommandService, begun: Operation) -> tuple[OperationState, str, list[str]]:
    found = service.operations.wait(begun.id, WAIT_SECONDS)
    assert found is not None
    return found.state, found.outcome, [line.text for line in service.operations.log(begun.id, 0)]


def test_what_a_command_prints_is_the_log_and_its_failure_the_outcome(service: CommandService) -> None:
    state, outcome, lines = ended(service, service.build_images(["base"], "console"))

    assert state is OperationState.FAILED
    assert "exit code" in outcome
    assert "no-engine.sock" in "\n".join(lines)


def test_a_drill_without_a_loop_says_so(service: CommandService) -> None:
    text = "kind: Drill\nsteps:\n  - wait: 1s\n"
    begun = service.drill(text, "api")
    state, _, lines = ended(service, begun)

    assert begun.says == "drill drill"
    assert state is OperationState.FAILED
    assert "a drill needs the environment's loop" in "\n".join(lines)


def test_a_text_that_is_no_drill_is_refused_at_once(service: CommandService) -> None:
    with pytest.raises(SpecError, match="drill"):
        service.drill("kind: ClusterSpec\n", "api")
    assert service.operations.all() == ()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("clients: {command: [sh, -c, id]}\nsteps:\n  - wait: 1s\n", "clients.command"),
        ("steady:\n  site: {command: [id]}\nsteps:\n  - wait: 1s\n", "steady"),
        ("steps:\n  - apply: /etc/passwd.yaml\n", "apply"),
        ("steps:\n  - repeat: {every: 1s, for: 2s, do: {apply: ../other.yaml}}\n", "apply"),
    ],
)
def test_a_drill_that_would_start_programs_or_read_files_here_is_refused(
    service: CommandService, text: str, field: str
) -> None:
    with pytest.raises(UsageError, match="reconciler drill") as caught:
        service.drill(f"kind: Drill\n{text}", "api")
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [field]
    assert service.operations.all() == ()


@pytest.mark.parametrize("name", ["--engine", "../base", "", "Base"])
def test_a_name_that_is_none_never_becomes_a_word_of_a_command(service: CommandService, name: str) -> None:
    with pytest.raises(UsageError, match="no image's name"):
        service.build_images([name], "api")


def test_a_stopped_command_is_told_to_end_as_by_ctrl_c(service: CommandService, tmp_path: Path) -> None:
    words = ("events", "-f", "--state", str(tmp_path / "state"))
    # As in a loop, whose threads have these blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        begun = service.operations.begin("images", "events", "api", lambda reporter: service._run(words, reporter))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not service.operations.log(begun.id, 0):
        assert time.monotonic() < give_up_at, "it never began"
        time.sleep(0.02)
    service.operations.stop(begun.id)
    state, outcome, lines = ended(service, begun)

    assert state is OperationState.STOPPED
    assert outcome.startswith("stopped after")
    assert "stopping: what it did is undone first" in lines
    assert not any("killed" in line for line in lines)
