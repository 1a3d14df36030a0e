"""What the command line returns and says: scripts rely on the one, people on the other."""

import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.plan.plan import Plan, Wait
from tests.unit.cli.conftest import FakeLoop, Run
from tests.unit.console import worlds

GOOD = "image: debian:bookworm-slim\nsize: 3  # three\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["statuss"],
        ["status", "--watchh"],
        ["status", "-o", "xml"],
        ["status", "--env", "Not-An-Env"],
        ["status", "--domain", "bad domain"],
        ["status", "--domain", "my.config"],
        ["run", "--names", "consul://here"],
        ["status", "--watch", "-o", "json"],
        ["wait"],
        ["wait", "webapp", "--timeout", "soon"],
        ["wait", "webapp", "--for", "ever"],
        ["scale", "webapp", "many"],
        ["scale", "webapp", "-1"],
        ["apply"],
        ["apply", "nowhere.yaml"],
        ["plan", "nowhere"],
        ["run", "nowhere"],
        ["run", "--subnet", "10.0.0.0/99"],
        ["run", "--resync", "0s"],
        ["logs"],
    ],
)
def test_a_usage_error_exits_64_and_never_with_a_traceback(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 64
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


def test_a_mistyped_command_is_answered_with_the_right_one(run: Run) -> None:
    assert "'status'" in run("statsu").stderr


@pytest.mark.parametrize("command", [["status"], ["plan"], ["wait", "webapp", "--timeout", "0"], ["down", "--yes"]])
def test_without_an_engine_a_sentence_says_so(run: Run, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code in (1, 3)
    assert "does not answer" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [["confirm"], ["stop"]])
def test_without_a_loop_a_sentence_says_how_to_start_one(run: Run, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert "no loop running" in result.stderr
    assert "reconciler run" in result.stderr


def test_apply_wait_without_a_loop_refuses_before_it_places_anything(run: Run, specs: Path) -> None:
    Path("webapp.yaml").write_text(GOOD)
    result = run("apply", "webapp.yaml", "--wait")
    assert result.exit_code == 1
    assert "--once" in result.stderr
    assert list(specs.iterdir()) == []


def test_validate_shows_every_problem_of_every_file_and_exits_1(run: Run, specs: Path) -> None:
    (specs / "a.yaml").write_text("image: debian\nsize: -1\n")
    (specs / "b.yaml").write_text("image: debian\nsizes: 1\n")
    result = run("validate", "specs")
    assert result.exit_code == 1
    assert "specs/a.yaml:2:7: size:" in result.stderr
    assert "specs/b.yaml:2:1: sizes:" in result.stderr
    assert "Traceback" not in result.output


def test_validate_of_good_files_exits_0(run: Run, specs: Path) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    result = run("validate", "specs")
    assert (result.exit_code, result.stdout) == (0, "1 spec, no problems\n")


def test_plan_exits_0_for_nothing_and_2_for_something(run: Run, loop: FakeLoop) -> None:
    assert run("plan").exit_code == 0
    loop.plans = (Plan(cluster="webapp", held=Wait(reason="MassDeletion", message="too many")),)
    result = run("plan")
    assert result.exit_code == 2
    assert "held MassDeletion" in result.stdout


def test_plan_of_a_broken_file_exits_1(run: Run, specs: Path, loop: FakeLoop) -> None:
    (specs / "webapp.yaml").write_text("size: 3\n")
    assert run("plan").exit_code == 1


def test_status_exit_code_is_3_unless_all_is_ready(run: Run, loop: FakeLoop) -> None:
    assert run("status", "--exit-code").exit_code == 0
    loop.world = worlds.rolling()
    assert run("status").exit_code == 0
    assert run("status", "--exit-code").exit_code == 3


def test_wait_ends_at_once_where_a_task_has_failed_for_good(run: Run, loop: FakeLoop) -> None:
    loop.world = worlds.tasks()
    begun = time.monotonic()
    result = run("wait", "loader", "migrate", "--timeout", "60s")
    assert time.monotonic() - begun < 20
    assert result.exit_code == 3
    assert "migrate: 0 of 1 ready; TaskFailed: migrate-1 failed: exit 3" in result.stderr
    assert "Failed: migrate" in result.stderr
    assert "loader" not in result.stderr


def test_wait_does_not_give_up_a_task_whose_new_spec_is_not_taken_up_yet(run: Run, loop: FakeLoop, specs: Path) -> None:
    loop.world = replace(worlds.tasks(), specs=str(specs))
    loop.plans = (Plan(cluster="migrate", waits=(Wait(reason="TaskRunning", message="it runs"),)),)
    result = run("wait", "migrate", "--timeout", "0")
    assert result.exit_code == 3
    assert "Not ready within 0 s" in result.stderr
    loop.plans = (Plan(cluster="migrate", waits=(Wait(reason="TaskFailed", message="exit 3"),)),)
    assert "Failed: migrate" in run("wait", "migrate", "--timeout", "60s").stderr


def test_wait_exits_3_and_says_what_is_missing(run: Run, loop: FakeLoop) -> None:
    assert run("wait", "webapp", "auth").exit_code == 0
    loop.world = worlds.rolling()
    result = run("wait", "webapp", "--timeout", "0")
    assert result.exit_code == 3
    assert "webapp: 2 of 4 ready; RollingOut" in result.stderr
    assert run("wait", "nobody", "--for", "gone").exit_code == 0


def test_wait_without_a_name_waits_for_every_cluster_that_has_a_file(run: Run, specs: Path, loop: FakeLoop) -> None:
    nothing = run("wait")
    assert nothing.exit_code == 64
    assert "nothing to wait for" in nothing.stderr
    for name in ("auth", "webapp"):
        (specs / f"{name}.yaml").write_text("image: some:1\nsize: 1\n")
    assert run("wait").stdout == "auth, webapp: ready\n"
    assert run("wait", "--for", "gone").exit_code == 64


def test_an_unknown_name_is_answered_with_the_known_ones(run: Run, loop: FakeLoop) -> None:
    result = run("status", "wepapp")
    assert result.exit_code == 1
    assert "there are auth, webapp" in result.stderr


@pytest.mark.parametrize("name", ["webapp2", "webapp-2", "dev-webapp-2"])
def test_an_instance_is_found_under_each_of_its_names(run: Run, loop: FakeLoop, name: str) -> None:
    text = run("status", name, "-o", "wide").stdout
    assert "dev-webapp-2" in text
    assert "dev-webapp-1" not in text


def test_the_status_of_an_instance_shows_it_alone(run: Run, loop: FakeLoop) -> None:
    loop.world = worlds.rolling()
    text = run("status", "webapp-1").stdout
    assert "dev-webapp-1" in text
    assert "webapp-4" not in text
    assert "DESIRED" not in text
    assert "az2" not in text


def test_plan_without_the_watched_directory_lets_the_loop_answer(run: Run, specs: Path, loop: FakeLoop) -> None:
    specs.rmdir()
    loop.plans = (Plan(cluster="webapp", held=Wait(reason="DirectoryUntrusted", message="it is gone")),)
    result = run("plan")
    assert result.exit_code == 2
    assert "held DirectoryUntrusted" in result.stdout
    assert "is gone" in result.stderr


def test_plan_without_a_directory_and_without_a_loop_is_an_error_and_no_misuse(run: Run, specs: Path) -> None:
    specs.rmdir()
    result = run("plan")
    assert result.exit_code == 1
    assert "is not there" in result.stderr


def test_validate_without_spec_files_is_misuse_and_names_those_that_were_meant(run: Run, specs: Path) -> None:
    for name in ("dot.YAML", "x.yml.txt", "notes.txt", ".hidden.yaml"):
        (specs / name).write_text(GOOD)
    result = run("validate", "specs")
    assert result.exit_code == 64
    assert "specs/dot.YAML is left out" in result.stderr
    assert "specs/x.yml.txt is left out" in result.stderr
    assert "notes" not in result.stderr
    assert "hidden" not in result.stderr


def test_a_loop_that_only_stands_by_says_so(
    run: Run, specs: Path, loop: FakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.detach.start_detached", lambda _: 17)
    result = run("run", "specs", "--standby", "--detach")
    assert "standing by, pid 17: another loop (pid 4242) is at work" in result.stdout
    assert "loop running" not in result.output


def test_ssh_into_a_cluster_without_it_names_the_missing_key(run: Run, specs: Path, loop: FakeLoop) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    result = run("ssh", "webapp1", "uptime")
    assert result.exit_code == 1
    assert "add `ssh: {}`" in result.stderr
    assert "`ssh: {authorized_keys: …}`" in result.stderr


def test_a_reader_that_has_enough_ends_us_quietly() -> None:
    program = "from reconciler.cli.main import main; import sys; sys.argv[1:] = ['schema']; main()"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(30) == 1


def test_status_imports_no_heavy_library() -> None:
    program = (
        "import sys; from reconciler.cli import look, session; import reconciler.console.table; "
        "heavy = {'docker', 'requests', 'jsonschema', 'httpx', 'starlette', 'uvicorn', 'watchdog', 'pydantic', "
        "'ruamel.yaml', 'dns'} & set(sys.modules); print(*sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_a_loop_without_a_console_loads_nothing_of_it() -> None:
    program = (
        "import sys; import reconciler.cli.running, reconciler.cli.wiring; "
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'pydantic', 'jinja2'} & set(sys.modules); print(*sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_an_engine_without_permission_is_there_but_not_ours_to_use(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def refused(own: socket.socket, address: object) -> None:
        if "no-engine" in str(address):
            raise PermissionError(13, "Permission denied")
        connect(own, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", refused)
    result = run("status")
    assert result.exit_code == 1
    assert "you may not use it: join the group docker" in result.stderr
    assert "is Docker running" not in result.stderr
