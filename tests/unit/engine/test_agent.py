"""The base image's agent, run as a program against a real listener. Its timing is in test_agent_timing.

It says "no answer" where this machine was too busy to answer in time, so what it says is not compared as a whole.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.heartbeats import Expected, HeartbeatListener, ListenerLimits
from tests.support.beating import Client, beat_bytes, eventually, hash_of, token_of

AGENT = Path(__file__).parents[3] / "images" / "base" / "agent.py"
NAME = "dev-webapp-1"


class World:
    """An agent, its listener, and what it wrote."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.listener = HeartbeatListener(time.monotonic, lambda _cluster: None, ListenerLimits(idle_seconds=60.0))
        self.port = self.listener.start(("127.0.0.1", 0))
        self.errors = directory / "stderr"
        self.token = directory / "token"
        self.token.write_text(token_of(NAME) + "\n")
        self.metrics = directory / "metrics"
        self.agent: subprocess.Popen[bytes] | None = None

    def expect(self, interval_seconds: float = 0.1) -> None:
        self.listener.expect(
            Expected(
                name=NAME,
                id="id",
                cluster="webapp",
                token_sha256=hash_of(NAME),
                interval_seconds=interval_seconds,
            )
        )

    def run(self) -> subprocess.Popen[bytes]:
        environment = {
            "RECONCILER_LISTENER": f"127.0.0.1:{self.port}",
            "RECONCILER_INSTANCE": NAME,
            "RECONCILER_TOKEN_FILE": str(self.token),
            "RECONCILER_METRICS_FILE": str(self.metrics),
        }
        with self.errors.open("wb") as errors:
            command = [sys.executable, "-I", "-S", "-E", str(AGENT)]
            self.agent = subprocess.Popen(command, env=environment, stderr=errors)
        return self.agent

    def at(self) -> float:
        beat = self.listener.beats().get("id")
        return beat.at if beat else 0.0

    def beats_on(self, seconds: float = 20.0) -> bool:
        """Whether two more beats come."""
        first = time.monotonic()
        if not eventually(lambda: self.at() > first, seconds):
            return False
        second = self.at()
        return eventually(lambda: self.at() > second, seconds)

    def said(self) -> list[str]:
        return self.errors.read_text().splitlines()

    def close(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait(timeout=20)
        self.listener.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_it_beats_with_its_load_memory_and_uptime_and_says_so(world: World) -> None:
    world.expect()
    world.run()
    assert world.beats_on()
    beat = world.listener.beats()["id"]
    assert beat.uptime_seconds > 0
    assert beat.memory_bytes >= 0
    assert beat.load >= 0
    assert "heartbeat: beating" in world.said()


def test_it_tells_processors_in_use_and_what_the_main_process_writes(world: World) -> None:
    world.expect()
    world.metrics.write_text("queue_length 7\n")
    world.run()
    assert eventually(lambda: (beat := world.listener.beats().get("id")) is not None and beat.cpu is not None)
    assert world.listener.beats()["id"].metrics == {"queue_length": 7.0}
    world.metrics.unlink()
    assert eventually(lambda: not world.listener.beats()["id"].metrics)


def test_a_metrics_file_that_is_none_costs_no_beat_and_is_said_once(world: World) -> None:
    world.expect()
    os.mkfifo(world.metrics)
    world.run()
    assert world.beats_on()
    world.metrics.unlink()
    world.metrics.write_text("half a line\nx 1\n")
    assert eventually(lambda: world.listener.beats()["id"].metrics == {"x": 1.0})
    assert world.beats_on()
    plain, lines = (line for line in world.said() if "metrics" in line)
    assert "is no plain file" in plain
    assert "not `name value`" in lines


def test_it_survives_the_listeners_absence(world: World) -> None:
    world.expect()
    agent = world.run()
    assert world.beats_on()
    world.listener.stop()
    refused = "heartbeat: no answer from the listener, trying on: Connection refused"
    assert eventually(lambda: refused in world.said())
    world.listener.start(("127.0.0.1", world.port))
    assert world.beats_on()
    assert agent.poll() is None
    assert eventually(lambda: world.said()[-1] == "heartbeat: beating")


def test_it_waits_for_a_listener_that_is_not_there_yet(world: World) -> None:
    world.expect()
    world.listener.stop()
    world.run()
    assert eventually(lambda: len(world.said()) >= 1)
    world.listener.start(("127.0.0.1", world.port))
    assert world.beats_on()


def test_an_instance_that_is_not_known_yet_beats_on_until_it_is(world: World) -> None:
    """Its first beat may come before the listener was told of it."""
    world.run()
    assert eventually(lambda: "heartbeat: refused with status 404, trying on" in world.said())
    world.expect()
    assert eventually(lambda: world.at() > 0)


def test_it_goes_on_after_it_was_frozen(world: World) -> None:
    world.expect()
    agent = world.run()
    assert world.beats_on()
    os.kill(agent.pid, signal.SIGSTOP)
    assert eventually(lambda: Path(f"/proc/{agent.pid}/stat").read_text().rpartition(") ")[2][0] == "T")
    os.kill(agent.pid, signal.SIGCONT)
    assert world.beats_on()
    assert agent.poll() is None


def test_a_removed_instance_is_told_so_and_lives_on(world: World) -> None:
    world.expect()
    agent = world.run()
    assert world.beats_on()
    world.listener.forget("id")
    assert eventually(lambda: "heartbeat: refused with status 410, trying on" in world.said())
    assert agent.poll() is None


def test_it_says_what_is_missing_instead_of_beating(world: World) -> None:
    world.token.unlink()
    agent = world.run()
    assert eventually(lambda: len(world.said()) == 1)
    assert "the token file is missing" in world.said()[0]
    assert agent.poll() is None


def test_its_beats_can_not_be_replayed(world: World) -> None:
    """What passed over the wire once is worth nothing afterwards."""
    world.expect()
    world.run()
    assert world.beats_on()
    client = Client(world.port)
    client.send(beat_bytes(NAME, sequence=1))
    assert client.answer().status == 409
    client.close()


def test_it_stays_small(world: World) -> None:
    """The figure is printed; the bound only catches a heavy import."""
    world.expect()
    agent = world.run()
    assert world.beats_on()
    status = Path(f"/proc/{agent.pid}/status").read_text()
    rss_kib = int(status.split("VmRSS:")[1].split()[0])
    print(f"the agent's resident memory: {rss_kib / 1024:.1f} MiB")
    assert rss_kib < 16 * 1024
    names = {"__name__": "agent", "__file__": str(AGENT)}
    script = f"import sys; exec(open({str(AGENT)!r}).read(), {names!r}); print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", script]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"json", "ssl", "http", "socket", "selectors", "asyncio", "threading"} & set(loaded)
