"""The base image's agent, run as a program against a real listener."""

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
        self.listener = HeartbeatListener(
            time.monotonic, lambda _cluster: None, ListenerLimits(idle_seconds=5.0)
        )
        self.port = self.listener.start(("127.0.0.1", 0))
        self.errors = directory / "stderr"
        self.token = directory / "token"
        self.token.write_text(token_of(NAME) + "\n")
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
        }
        with self.errors.open("wb") as errors:
            command = [sys.executable, "-I", "-S", "-E", str(AGENT)]
            self.agent = subprocess.Popen(command, env=environment, stderr=errors)
        return self.agent

    def at(self) -> float:
        beat = self.listener.beats().get("id")
        return beat.at if beat else 0.0

    def beats_on(self, seconds: float = 5.0) -> bool:
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
            self.agent.wait(timeout=5)
        self.listener.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_it_beats_with_its_load_memory_and_uptime_and_says_so_once(world: World) -> None:
    world.expect()
    world.run()
    assert world.beats_on()
    beat = world.listener.beats()["id"]
    assert beat.uptime_seconds > 0
    assert beat.memory_bytes >= 0
    assert beat.load >= 0
    assert world.said() == ["heartbeat: beating"]


def test_it_follows_the_interval_that_the_answer_tells(world: World) -> None:
    world.expect(interval_seconds=0.05)
    world.run()
    assert world.beats_on()
    world.expect(interval_seconds=30.0)
    quiet_from = time.monotonic() + 0.5
    assert eventually(lambda: time.monotonic() > quiet_from)
    assert world.at() < quiet_from - 0.3
    world.close()


def test_it_survives_the_listeners_absence_and_is_known_again_within_an_interval(world: World) -> None:
    world.expect(interval_seconds=0.2)
    agent = world.run()
    assert world.beats_on()
    world.listener.stop()
    assert eventually(lambda: len(world.said()) == 2)
    back_at = time.monotonic()
    world.listener.start(("127.0.0.1", world.port))
    assert eventually(lambda: world.at() > back_at, 5)
    assert world.at() - back_at < 0.4
    assert agent.poll() is None
    assert world.said()[0::2] == ["heartbeat: beating"] * 2
    assert world.said()[1].startswith("heartbeat: no answer from the listener, trying on: ")


def test_a_restart_of_the_listener_between_two_beats_is_not_even_noticed(world: World) -> None:
    world.expect(interval_seconds=0.5)
    world.run()
    assert world.beats_on()
    world.listener.stop()
    world.listener.start(("127.0.0.1", world.port))
    assert world.beats_on()
    assert world.said() == ["heartbeat: beating"]


def test_it_waits_for_a_listener_that_is_not_there_yet(world: World) -> None:
    world.expect()
    world.listener.stop()
    world.run()
    assert eventually(lambda: len(world.said()) == 1)
    world.listener.start(("127.0.0.1", world.port))
    assert world.beats_on()


def test_an_instance_that_is_not_known_yet_is_soon(world: World) -> None:
    """Its first beat may come before the listener was told of it; the next one comes soon."""
    world.run()
    assert eventually(lambda: "heartbeat: refused with status 404, trying on" in world.said())
    told_at = time.monotonic()
    world.expect()
    assert eventually(lambda: world.at() > 0)
    assert world.at() - told_at < 0.6


def test_it_goes_on_after_it_was_frozen(world: World) -> None:
    world.expect()
    agent = world.run()
    assert world.beats_on()
    os.kill(agent.pid, signal.SIGSTOP)
    frozen_at = time.monotonic()
    assert eventually(lambda: time.monotonic() - max(frozen_at, world.at()) > 0.5)
    os.kill(agent.pid, signal.SIGCONT)
    assert world.beats_on()
    assert world.said() == ["heartbeat: beating"]


def test_a_removed_instance_beats_on_slowly(world: World) -> None:
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
    old = f'{{"sequence":{time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 10**9}}}'
    client.send(beat_bytes(NAME, body=old))
    assert client.answer().status == 409
    client.close()


def test_it_stays_small(world: World) -> None:
    """The figure is printed; the bound only catches a heavy import."""
    world.expect(interval_seconds=0.05)
    agent = world.run()
    assert world.beats_on()
    status = Path(f"/proc/{agent.pid}/status").read_text()
    rss_kib = int(status.split("VmRSS:")[1].split()[0])
    print(f"the agent's resident memory: {rss_kib / 1024:.1f} MiB")
    assert rss_kib < 16 * 1024
    script = f"import sys; exec(open({str(AGENT)!r}).read(), {{'__name__': 'agent'}}); print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", script]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"json", "ssl", "http", "socket", "selectors", "asyncio", "threading"} & set(loaded)
