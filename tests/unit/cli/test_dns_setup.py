"""`dns setup` says what it would do, does it when told to, and takes it back; the host is a directory of the test's."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import dns
from reconciler.engine.ports import Network
from reconciler.plan.lookup import NameStatus
from reconciler.setup.resolving import choosing
from reconciler.setup.resolving.host import Host, look
from tests.unit.cli.conftest import FakeLoop, Run

ORIGINAL = b"nameserver 10.0.0.53\n"
BLOCK = b"# reconciler dev: begin\nnameserver 10.224.0.1\n# reconciler dev: end\n"


@pytest.fixture
def resolv_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "host" / "etc" / "resolv.conf"
    path.parent.mkdir(parents=True)
    path.write_bytes(ORIGINAL)
    monkeypatch.setattr(dns, "ROOT", tmp_path / "host")
    monkeypatch.setattr(choosing, "look", _as_linux)
    return path


def _as_linux(zone: str, root: Path) -> Host:
    return look(zone, root, "linux")


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Network(id="0123456789abcdef", name="reconciler-dev", subnet="10.224.0.0/20", gateway="10.224.0.1")
    monkeypatch.setattr(choosing, "_network", lambda _api, _env: found)
    monkeypatch.setattr(choosing, "server_address", lambda _api, _env, network, told: told or network.gateway)
    monkeypatch.setattr(choosing, "answers", lambda _address, _zone: True)


def test_without_an_option_it_only_says_what_to_do(run: Run, resolv_conf: Path, network: None) -> None:
    result = run("dns", "setup")
    assert result.exit_code == 0
    assert "    nameserver 10.224.0.1\n" in result.stdout
    assert "Nothing was changed" in result.stdout
    assert "dns setup --env dev --domain docker" in result.stdout
    assert resolv_conf.read_bytes() == ORIGINAL


def test_it_is_done_once_and_taken_back_whole(run: Run, resolv_conf: Path, network: None) -> None:
    assert run("dns", "setup", "--apply").exit_code == 0
    assert resolv_conf.read_bytes() == BLOCK + ORIGINAL
    again = run("dns", "setup", "--apply")
    assert (again.exit_code, "nothing to do" in " ".join(again.stdout.split())) == (0, True)
    assert resolv_conf.read_bytes() == BLOCK + ORIGINAL
    assert run("dns", "setup", "--undo").exit_code == 0
    assert resolv_conf.read_bytes() == ORIGINAL
    nothing = run("dns", "setup", "--undo")
    assert (nothing.exit_code, "nothing to do" in " ".join(nothing.stdout.split())) == (0, True)


def test_the_loop_s_own_word_on_where_its_server_is_counts(
    run: Run, resolv_conf: Path, network: None, loop: FakeLoop
) -> None:
    loop.found = NameStatus(name="dev.docker", ours=True, known=True, meaning="", nameservers=("10.224.0.3",))
    assert "    nameserver 10.224.0.3\n" in run("dns", "setup").stdout
    loop.found = replace(loop.found, nameservers=())
    result = run("dns", "setup")
    assert result.exit_code == 1
    assert "there is nobody to ask" in result.stderr


def test_a_server_that_does_not_answer_is_told_of_and_no_obstacle(
    run: Run, resolv_conf: Path, network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "answers", lambda _address, _zone: False)
    result = run("dns", "setup", "--apply")
    assert result.exit_code == 0
    assert "Note: No server answers for dev.docker" in result.stdout
    assert resolv_conf.read_bytes() == BLOCK + ORIGINAL


def test_taking_back_needs_no_engine(run: Run, resolv_conf: Path) -> None:
    resolv_conf.write_bytes(BLOCK + ORIGINAL)
    assert run("dns", "setup", "--undo").exit_code == 0
    assert resolv_conf.read_bytes() == ORIGINAL


def test_both_at_once_is_a_usage_error(run: Run, resolv_conf: Path) -> None:
    result = run("dns", "setup", "--apply", "--undo")
    assert result.exit_code == 64
    assert "opposites" in result.stderr


def test_without_a_network_it_says_what_makes_one(run: Run, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_network", lambda _api, _env: None)
    result = run("dns", "setup", "--apply")
    assert result.exit_code == 1
    assert "`reconciler run --env dev`" in result.stderr
    assert resolv_conf.read_bytes() == ORIGINAL


def test_without_an_engine_it_says_so(run: Run, resolv_conf: Path) -> None:
    result = run("dns", "setup")
    assert result.exit_code == 1
    assert "does not answer" in result.stderr


def test_an_engine_elsewhere_has_nothing_to_reach_from_here(run: Run, resolv_conf: Path) -> None:
    result = run("dns", "setup", "--engine", "tcp://engine.example:2375")
    assert result.exit_code == 1
    assert "on another machine" in result.stderr


def test_who_may_not_write_gets_the_whole_command_for_sudo(
    run: Run, resolv_conf: Path, network: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = Path.open

    def read_only(path: Path, mode: str = "r", buffering: int = -1) -> object:
        if mode == "r+b":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, mode, buffering)

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(Path, "open", read_only)
    result = run("dns", "setup", "--env", "dev", "--apply")
    assert result.exit_code == 1
    assert "Permission denied" in result.stderr
    (command,) = [line for line in result.stderr.splitlines() if line.startswith("sudo ")]
    assert command.startswith("sudo reconciler dns setup --env dev --domain docker --state ")
    assert f"--engine unix://{tmp_path}/no-engine.sock" in command
    assert command.endswith(" --apply")


def test_resolved_is_not_told_anything_by_who_is_not_root(
    run: Run, resolv_conf: Path, network: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "host" / "run" / "systemd" / "resolve"
    directory.mkdir(parents=True)
    (directory / "stub-resolv.conf").touch()
    resolv_conf.write_bytes(b"nameserver 127.0.0.53\n")
    said = tmp_path / "said"
    program = tmp_path / "bin" / "resolvectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {said}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with monkeypatch.context() as user:
        user.setattr(os, "geteuid", lambda: 1000)
        denied = run("dns", "setup", "--apply")
    assert (denied.exit_code, "needs root" in denied.stderr, said.exists()) == (1, True, False)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run("dns", "setup", "--apply").exit_code == 0
    assert run("dns", "setup", "--undo").exit_code == 0
    assert said.read_text().splitlines() == [
        "dns br-0123456789ab 10.224.0.1",
        "domain br-0123456789ab ~dev.docker",
        "revert br-0123456789ab",
    ]
    assert resolv_conf.read_bytes() == b"nameserver 127.0.0.53\n"
