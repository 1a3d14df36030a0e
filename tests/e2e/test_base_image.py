"""The base image on the real engine, under the options that instances run with."""

import os
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import docker
import pytest
from rich.console import Console

from reconciler.engine.docker import connect
from reconciler.engine.docker.adapter import DockerEngine
from reconciler.engine.heartbeats import Expected, HeartbeatListener
from reconciler.engine.ports import Blueprint, File, Network
from reconciler.setup.build_all import build_missing
from reconciler.setup.images import Folder, folders
from reconciler.setup.locate import find_engine
from reconciler.state.labels import InstanceLabels, container_name
from tests.support.beating import eventually, hash_of, token_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

IMAGE = "reconciler/base:latest"
AUTHORIZED_KEYS = "/run/reconciler/authorized_keys"
SSH_CAPABILITIES = ("AUDIT_WRITE", "SYS_CHROOT")


class World:
    """An environment of its own, and what was made in it."""

    def __init__(self, url: str) -> None:
        self.env = f"b{uuid.uuid4().hex[:8]}"
        self.engine: DockerEngine = connect(url)
        self.client = docker.DockerClient(base_url=url)
        self.network: Network = self.engine.ensure_network(self.env, None)
        self._number = 0
        self._ids: list[str] = []

    def start(
        self,
        *command: str,
        environment: dict[str, str] | None = None,
        files: tuple[File, ...] = (),
        capabilities: tuple[str, ...] = (),
    ) -> str:
        """A container's id, made as instances are."""
        self._number += 1
        labels = InstanceLabels(
            env=self.env, cluster="base", number=self._number, zone="az1", revision="v000",
            spec_hash="0" * 12, attempt=1, token_sha256="",
        )  # fmt: skip
        made = Blueprint(
            name=self.name(self._number), image=IMAGE, hostname=f"base{self._number}",
            labels=labels.as_labels(),
            environment=environment or {}, network=self.network.name, command=command or None,
            capabilities=capabilities,
        )  # fmt: skip
        id_ = self.engine.create(made)
        self._ids.append(id_)
        self.engine.upload(id_, files)
        self.engine.start(id_)
        return id_

    def name(self, number: int) -> str:
        return container_name(self.env, "base", number)

    def start_sshd(self, keys: File) -> str:
        """The name of an instance that takes these keys, as a spec with `ssh` makes it."""
        self.start(environment={"RECONCILER_SSH": "1"}, files=(keys,), capabilities=SSH_CAPABILITIES)
        return self.name(self._number)

    def run(self, id_: str, *command: str) -> tuple[int, str]:
        """Exit code and output of a command inside."""
        ran = self.client.containers.get(id_).exec_run(list(command))
        assert isinstance(ran.output, bytes)
        return ran.exit_code or 0, ran.output.decode()

    def exit_code(self, id_: str, seconds: float = 30.0) -> int:
        code: int = self.client.containers.get(id_).wait(timeout=seconds)["StatusCode"]
        return code

    def output(self, id_: str) -> str:
        return self.client.containers.get(id_).logs().decode()

    def processes(self, id_: str) -> str:
        rows = self.client.containers.get(id_).top(ps_args="-o pid,args")["Processes"]
        return "\n".join(row[-1] for row in rows or [])

    def close(self) -> None:
        for id_ in self._ids:
            self.engine.remove(id_)
        self.client.networks.get(self.network.id).remove()
        self.client.close()
        self.engine.close()


@pytest.fixture(scope="module")
def world(engine: str) -> Iterator[World]:
    build_missing(find_engine(os.environ, Path.home()), [_base()], Console(quiet=True))
    made = World(engine)
    yield made
    made.close()


def _base() -> Folder:
    return next(folder for folder in folders() if folder.reference == IMAGE)


def test_an_image_that_is_up_to_date_is_not_built_again(world: World) -> None:
    began = time.monotonic()
    assert build_missing(find_engine(os.environ, Path.home()), [_base()], Console(quiet=True)) == []
    assert time.monotonic() - began < 2.0


def test_the_image_says_that_it_carries_the_agent(world: World) -> None:
    assert world.engine.images([IMAGE])[IMAGE].has_agent


def test_the_command_arrives_as_it_was_given(world: World) -> None:
    odd = ["a 'b\" %(x)s", "; #c", "", "two\nlines", "$HOME", "ü"]
    script = 'for a in "$@"; do printf "<%s>" "$a"; done'
    id_ = world.start("sh", "-c", script, "sh", *odd)
    assert world.exit_code(id_) == 0
    assert world.output(id_) == "".join(f"<{text}>" for text in odd)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("sh", "-c", "exit 0"), 0),
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -9 $$"), 137),
        (("nothing-of-the-kind",), 127),
        (("/etc/passwd",), 126),
    ],
)
def test_the_main_process_exit_code_is_the_containers(world: World, command: tuple[str, ...], code: int) -> None:
    assert world.exit_code(world.start(*command)) == code


def test_sigterm_ends_everything_quickly(world: World) -> None:
    id_ = world.start(environment=_beating(world, 7070))
    assert eventually(lambda: "agent.py" in world.processes(id_) and "sleep" in world.processes(id_))
    began = time.monotonic()
    world.engine.signal(id_, "SIGTERM")
    assert world.exit_code(id_) == 143
    assert time.monotonic() - began < 1.5


def test_the_main_process_has_its_time_to_end_and_the_agent_beats_on_meanwhile(world: World) -> None:
    id_ = world.start(
        "sh", "-c", "trap 'sleep 1.5; echo done; exit 3' TERM; echo up; while :; do sleep 0.1; done",
        environment=_beating(world, 7070),
    )  # fmt: skip
    assert eventually(lambda: "up" in world.output(id_))
    world.engine.signal(id_, "SIGTERM")
    ending_until = time.monotonic() + 0.7
    assert eventually(lambda: time.monotonic() > ending_until)
    assert "agent.py" in world.processes(id_)
    assert world.exit_code(id_) == 3
    assert "done" in world.output(id_)


def test_sshd_is_off_by_default(world: World) -> None:
    id_ = world.start()
    assert eventually(lambda: "sleep" in world.processes(id_))
    assert "sshd" not in world.processes(id_)
    assert "host_key" not in world.run(id_, "ls", "/etc/ssh")[1]


def test_sshd_takes_the_key_that_was_uploaded_and_no_password(world: World) -> None:
    """The client is the image's own, in a container of its own."""
    client = world.start()
    assert world.run(client, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/key")[0] == 0
    keys = File(path=AUTHORIZED_KEYS, content=world.run(client, "cat", "/root/key.pub")[1].encode())
    servers = [world.start_sshd(keys) for _ in range(2)]
    options = ("-o", "StrictHostKeyChecking=accept-new", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2")

    def ssh(name: str, *more: str) -> tuple[int, str]:
        return world.run(client, "ssh", *options, *more, f"root@{name}", "hostname")

    def answers(name: str) -> bool:
        return ssh(name, "-i", "/root/key") == (0, f"base{name.rpartition('-')[2]}\n")

    for name in servers:
        assert eventually(partial(answers, name), 20)
    code, said = ssh(servers[0])
    assert code == 255
    assert "Permission denied (publickey)" in said
    known = world.run(client, "cat", "/root/.ssh/known_hosts")[1].split("\n")
    assert len({line.split(" ")[2] for line in known if line}) == 2


def test_the_agent_beats_to_the_gateway_and_stays_small(world: World) -> None:
    listener = HeartbeatListener(time.monotonic, lambda _cluster: None)
    port = listener.start((world.network.gateway, 0))
    try:
        name = world.name(world._number + 1)
        token = File(path="/run/reconciler/token", content=token_of(name).encode())
        expected = Expected(name=name, id="beating", cluster="base", token_sha256=hash_of(name), interval_seconds=0.2)
        listener.expect(expected)
        id_ = world.start(environment=_beating(world, port), files=(token,))
        assert eventually(lambda: "beating" in listener.beats(), 10)
        first = listener.beats()["beating"].at
        assert eventually(lambda: listener.beats()["beating"].at > first, 5)
        beat = listener.beats()["beating"]
        assert 1 << 20 < beat.memory_bytes < 64 << 20
        assert 0 <= beat.uptime_seconds < 60
        assert "heartbeat: beating" in world.output(id_)
        print(f"a whole instance takes {beat.memory_bytes / 2**20:.1f} MiB")
    finally:
        listener.stop()


def _beating(world: World, port: int) -> dict[str, str]:
    return {
        "RECONCILER_LISTENER": f"{world.network.gateway}:{port}",
        "RECONCILER_INSTANCE": world.name(world._number + 1),
    }
