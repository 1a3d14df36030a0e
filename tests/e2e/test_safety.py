"""What a container may and may not do, and where secrets are and are not: as the engine itself tells it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

CANARY = "canary-5f2b9c77e1"
OTHER_CANARY = "canary-9d1a04be23"


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("allowed")


@pytest.fixture(scope="module")
def loop(engine: str, tmp_path_factory: pytest.TempPathFactory, allowed: Path) -> Iterator[LoopProcess]:
    """A loop that writes its log as JSON, and lets specs use one host directory."""
    options = ("--allow-path", str(allowed), "--log-format", "json")
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"), options=options)
    try:
        process.start()
        yield process
    finally:
        process.close()


def only(loop: LoopProcess, cluster: str) -> dict[str, Any]:
    (id_,) = loop.containers(cluster).values()
    return loop.inspect(id_)


def test_a_container_gets_the_least_that_images_need(loop: LoopProcess) -> None:
    loop.follow("plain", spec(1, 'ports: ["18082:80"]', "volumes: ['data:/data']"), 1)
    found = only(loop, "plain")
    host = found["HostConfig"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert not any("unconfined" in option for option in host["SecurityOpt"])
    assert host["CapDrop"] == ["ALL"]
    kept = {name.removeprefix("CAP_") for name in host["CapAdd"]}
    assert kept == {"CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"}
    assert host["Privileged"] is False
    assert host["Init"] is True
    assert host["PidsLimit"] == 512
    assert host["RestartPolicy"]["Name"] in ("", "no")
    assert not host["Binds"]
    assert [(mount["Type"], mount["Destination"]) for mount in found["Mounts"]] == [("volume", "/data")]
    assert host["NetworkMode"] == f"reconciler-{loop.env}"
    assert (host["PidMode"], host["UTSMode"], host["IpcMode"]) in (("", "", "private"), ("", "", "shareable"))
    bound = found["NetworkSettings"]["Ports"]["80/tcp"]
    assert [entry["HostIp"] for entry in bound] == ["127.0.0.1"]
    status = loop.cli("exec", "plain1", "--", "grep", "-E", "^(NoNewPrivs|CapEff|Seccomp):", "/proc/1/status").out
    values = dict(line.split(":\t") for line in status.splitlines())
    assert values["NoNewPrivs"] == "1"
    assert values["Seccomp"] == "2"
    assert int(values["CapEff"], 16) >> 13 & 1 == 0  # CAP_NET_RAW of linux/capability.h
    loop.follow("plain", spec(0), 0)


def test_limits_arrive_at_the_engine(loop: LoopProcess) -> None:
    loop.follow("limited", spec(1, "resources: {memory: 64MiB, cpus: 0.5, pids: 50}"), 1)
    host = only(loop, "limited")["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 64 << 20)
    assert host["NanoCpus"] == 500_000_000
    assert host["PidsLimit"] == 50
    loop.follow("limited", spec(0), 0)


def test_a_host_path_is_mounted_only_where_the_command_line_allows_it(loop: LoopProcess, allowed: Path) -> None:
    (allowed / "greeting").write_text("hello\n")
    text = spec(1, f'volumes: ["{allowed}:/given:ro"]')
    loop.follow("mounted", text, 1)
    assert loop.cli("exec", "mounted1", "--", "cat", "/given/greeting").out == "hello\n"
    assert loop.cli("exec", "mounted1", "--", "touch", "/given/mine").code != 0
    path = loop.specs / "mounted.yaml"
    assert loop.cli("validate", path).code == 1
    assert loop.cli("validate", path, "--allow-path", allowed).code == 0
    loop.save("mounted", spec(1, 'volumes: ["/etc:/given"]'))
    loop.until(lambda: "--allow-path" in str(loop.condition("mounted", "Degraded")), what="it is refused")
    loop.follow("mounted", spec(0), 0)


def everything_said(loop: LoopProcess, cluster: str) -> str:
    """All that anybody gets to see of a cluster without looking into its container."""
    (id_,) = loop.containers(cluster).values()
    commands = (
        ("status", "-o", "json"),
        ("status",),
        ("events",),
        ("events", "-o", "json"),
        ("plan",),
        ("logs", cluster),
    )
    said = [ran.out + ran.err for ran in (loop.cli(*words) for words in commands)]
    kept = [path.read_bytes().decode(errors="replace") for path in loop.state.iterdir() if path.is_file()]
    return "\n".join([str(loop.inspect(id_)), *said, *kept, loop.log_file.read_text()])


def test_a_secret_is_a_file_in_the_container_and_nowhere_else(loop: LoopProcess) -> None:
    """Changed, it rolls the cluster; missing, it is the cluster's condition; the environment never has it."""
    secrets = loop.specs / "secrets"
    secrets.mkdir()
    text = spec(1, "secrets: {db-password: secrets/db}")
    loop.save("secretive", text)
    loop.until(lambda: "FileMissing" in loop.condition("secretive", "Degraded"), what="the missing file is told")
    assert "secrets/db" in loop.condition("secretive", "Degraded")
    assert loop.cli("validate", loop.specs / "secretive.yaml").code == 0

    (secrets / "db").write_text(CANARY)
    loop.until_ready("secretive", 1)
    shown = loop.cli(
        "exec", "secretive1", "--", "sh", "-c", "cd /run/secrets && cat db-password && stat -c ' %a %u' db-password"
    )
    assert shown.out == f"{CANARY} 400 0\n"
    assert CANARY not in loop.cli("exec", "secretive1", "--", "env").out
    assert CANARY not in everything_said(loop, "secretive")

    before = loop.containers("secretive")
    (secrets / "db").write_text(OTHER_CANARY)
    loop.until(lambda: loop.containers("secretive") != before, what="it is rolled out")
    loop.until_ready("secretive", 1)
    loop.until(lambda: len(loop.containers("secretive", every=True)) == 1)
    row = loop.cluster("secretive")
    assert row is not None
    name = row.instances[0].name
    assert loop.cli("exec", name, "--", "cat", "/run/secrets/db-password").out == OTHER_CANARY
    said = everything_said(loop, "secretive")
    assert OTHER_CANARY not in said
    assert CANARY not in said

    kept = loop.containers("secretive")
    (secrets / "db").unlink()
    loop.until(lambda: "FileMissing" in loop.condition("secretive", "Degraded"), what="the missing file is told")
    assert loop.containers("secretive") == kept
    (secrets / "db").write_text(OTHER_CANARY)
    loop.until(lambda: loop.condition("secretive", "Degraded").startswith("False"), what="it is there again")
    assert loop.containers("secretive") == kept
    loop.follow("secretive", spec(0), 0)


def test_ssh_is_off_unless_the_spec_brings_keys(loop: LoopProcess) -> None:
    """The base image has an sshd; it takes the key of the spec, and no password."""
    loop.follow("closed", spec(1, image=BASE), 1)
    listening = "import socket; socket.create_connection(('127.0.0.1', 22), 2)"
    assert loop.cli("exec", "closed1", "--", "python3", "-c", listening).code == 1

    keys = loop.specs / "ssh"
    keys.mkdir()
    made = loop.cli(
        "exec", "closed1", "--", "sh", "-c", "ssh-keygen -q -t ed25519 -N '' -f /root/key && cat /root/key.pub"
    )
    (keys / "authorized_keys").write_text(made.out)
    loop.follow("open", spec(1, "ssh: {authorized_keys: ssh/authorized_keys}", image=BASE), 1)
    options = ["-o", "StrictHostKeyChecking=accept-new", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2"]
    ssh = ["ssh", *options, "root@open1.open"]

    def enters() -> bool:
        ran = loop.cli("exec", "closed1", "--", *ssh[:1], "-i", "/root/key", *ssh[1:], "hostname")
        return (ran.code, ran.out) == (0, "open1\n")

    loop.until(enters, what="the key opens")
    refused = loop.cli("exec", "closed1", "--", *ssh, "hostname")
    assert refused.code == 255
    assert "Permission denied (publickey)" in refused.err
    for name in ("closed", "open"):
        loop.follow(name, spec(0), 0)


def test_only_its_user_can_ask_the_loop(loop: LoopProcess) -> None:
    assert (loop.state / "api.sock").stat().st_mode & 0o777 == 0o600
    assert loop.state.stat().st_mode & 0o777 == 0o700
    for path in loop.state.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    tokens = subprocess.run(["grep", "-rl", CANARY, str(loop.state)], capture_output=True, check=False)
    assert tokens.stdout == b""
