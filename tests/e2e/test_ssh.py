"""`reconciler ssh` into real instances, with the environment's own key; keys only."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def opened(loop: LoopProcess) -> Iterator[LoopProcess]:
    """The loop, with two instances that have an sshd for the environment's own key."""
    loop.follow("open", spec(2, "ssh: {}", image=BASE), 2)
    yield loop
    loop.follow("open", spec(0), 0)


def test_a_command_runs_there_and_its_exit_code_is_ours(opened: LoopProcess) -> None:
    ran = opened.cli("ssh", "open2", "hostname; cat; echo oops >&2; exit 7", stdin="typed\n")
    assert (ran.code, ran.out, ran.err) == (7, "open2\ntyped\n", "oops\n")
    assert opened.cli("ssh", "open", "hostname").out == "open1\n"


def test_on_a_terminal_there_is_a_shell_and_not_a_word_from_sshd(opened: LoopProcess) -> None:
    ran = opened.shell("echo 'tty; exit 5' | script --quiet --return --command 'reconciler ssh open1' /dev/null")
    assert ran.code == 5, ran.out
    assert "/dev/pts/0" in ran.out
    assert "lastlog" not in ran.out


def test_the_key_is_the_users_own_and_outlives_the_instances(opened: LoopProcess) -> None:
    key = opened.state / "ssh_key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    opened.follow("open", spec(2, "ssh: {}", "environment: {NEW: 1}", image=BASE), 2)
    ran = opened.cli("ssh", "open1", "hostname")
    assert (ran.code, ran.out, ran.err) == (0, "open1\n", "")
    assert key.read_bytes() == before


def test_a_lost_key_is_made_anew_and_taken_by_instances_that_knew_the_old_one(opened: LoopProcess) -> None:
    containers = opened.containers("open")
    (opened.state / "ssh_key").unlink()
    ran = opened.cli("ssh", "open1", "hostname")
    assert (ran.code, ran.out) == (0, "open1\n"), ran.err
    assert "open1 knew another key" in ran.err
    assert opened.cli("ssh", "open1", "hostname").err == ""
    assert opened.containers("open") == containers


def test_no_password_and_no_other_key_opens(opened: LoopProcess) -> None:
    cluster = opened.cluster("open")
    assert cluster is not None
    address = cluster.instances[0].address
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentityFile=none"]
    asked = ["-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "NumberOfPasswordPrompts=1"]
    done = subprocess.run(
        ["ssh", *options, *asked, "-l", "root", str(address), "hostname"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 255, done.stderr
    assert "Permission denied (publickey)" in done.stderr
    other = opened.root / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    ran = opened.cli("ssh", "-i", other, "open1", "hostname")
    assert ran.code == 255, ran.err
    assert "Permission denied (publickey)" in ran.err


def test_where_no_sshd_is_wanted_the_way_to_one_is_named(opened: LoopProcess) -> None:
    opened.follow("closed", spec(1, image=BASE), 1)
    ran = opened.cli("ssh", "closed1")
    assert ran.code == 1
    assert "add `ssh: {}`" in ran.err
    opened.follow("closed", spec(0), 0)
