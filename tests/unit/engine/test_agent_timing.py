"""When the base image's agent beats: its own code on a clock that passes only while it sleeps, real sockets.

Between two beats the test acts; the pauses are what the agent asked for. It is given all the patience of the world
for an answer, because that is counted in real time; how much it would have is looked at by itself.
"""

import importlib.util
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from reconciler.engine.heartbeats import Expected, HeartbeatListener, ListenerLimits
from tests.support.beating import hash_of, token_of

AGENT = Path(__file__).parents[3] / "images" / "base" / "agent.py"
NAME = "dev-webapp-1"
EAGER, FIRST_INTERVAL, AT_ONCE, UNWELCOME = 0.2, 1.0, 0.01, 30.0


class EndedError(Exception):
    """The test has no step left."""


class StandingClock:
    """Stands in for the agent's `time` module."""

    CLOCK_BOOTTIME = time.CLOCK_BOOTTIME

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        self.steps: list[Callable[[], object]] = []
        self._rising = itertools.count()

    def monotonic(self) -> float:
        return self.now

    def clock_gettime(self, _clock: int) -> float:
        return self.now

    def clock_gettime_ns(self, _clock: int) -> int:
        return int(self.now * 1e9) + next(self._rising)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.now += seconds
        if not self.steps:
            raise EndedError
        self.steps.pop(0)()


class World:
    """An agent in this process, its clock, its listener, and what it said."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self.clock = StandingClock()
        self.patience: list[float] = []
        self._output = output
        limits = ListenerLimits(gather_seconds=0.0, refusals_per_second=10_000, request_seconds=60.0)
        self.listener = HeartbeatListener(self.clock.monotonic, lambda _cluster: None, limits)
        self.port = self.listener.start(("127.0.0.1", 0))
        token = directory / "token"
        token.write_text(token_of(NAME) + "\n")
        settings = {
            b"RECONCILER_LISTENER": f"127.0.0.1:{self.port}".encode(),
            b"RECONCILER_INSTANCE": NAME.encode(),
            b"RECONCILER_TOKEN_FILE": bytes(token),
        }
        self.code = loaded()
        monkeypatch.setattr(self.code, "time", self.clock)
        monkeypatch.setattr(self.code.posix, "environ", settings)
        monkeypatch.setattr(self.code.Line, "post", self._patient(self.code.Line.post))

    def said(self) -> list[str]:
        """All its lines, without what they all begin with; call it once."""
        lines = self._output.readouterr().err.splitlines()
        assert all(line.startswith("heartbeat: ") for line in lines)
        return [line.removeprefix("heartbeat: ") for line in lines]

    def _patient(self, post: Callable[..., object]) -> Callable[..., object]:
        def patient(line: object, vitals: object, patience: float) -> object:
            self.patience.append(patience)
            return post(line, vitals, 60.0)

        return patient

    def expect(self, interval_seconds: float) -> None:
        self.listener.expect(
            Expected(
                name=NAME, id="id", cluster="webapp", token_sha256=hash_of(NAME), interval_seconds=interval_seconds
            )
        )

    def run(self, *steps: Callable[[], object]) -> list[float]:
        """Let it beat, act in each of its pauses, and return the pauses; one more than there were steps."""
        self.clock.steps = list(steps)
        agent = self.code.Agent()
        with pytest.raises(EndedError):
            agent.run()
        if agent.line is not None:
            agent.line.close()
        return self.clock.pauses

    def beat_at(self) -> float:
        """When the last beat came, 0 without one."""
        beat = self.listener.beats().get("id")
        return beat.at if beat else 0.0

    def go_away(self) -> None:
        self.listener.stop()

    def come_back(self) -> None:
        self.listener.start(("127.0.0.1", self.port))

    def restart(self) -> None:
        self.go_away()
        self.come_back()


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_under_test", AGENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    made = World(tmp_path, monkeypatch, capsys)
    yield made
    made.listener.stop()


def nothing() -> None:
    """No act of the test in this pause."""


def test_it_follows_the_interval_that_the_answer_tells(world: World) -> None:
    world.expect(2.0)
    assert world.run(nothing, lambda: world.expect(20.0), lambda: world.expect(0.5), nothing) == [2, 2, 20, 0.5, 0.5]
    assert world.said() == ["beating"]


def test_after_the_listeners_absence_it_is_known_again_within_an_interval(world: World) -> None:
    world.expect(2.0)
    back_at: list[float] = []

    def come_back() -> None:
        world.come_back()
        back_at.append(world.clock.now)

    assert world.run(nothing, world.go_away, nothing, come_back) == [2.0] * 5
    assert world.beat_at() == back_at[0]
    assert [line.partition(":")[0] for line in world.said()] == [
        "beating",
        "no answer from the listener, trying on",
        "beating",
    ]


def test_a_restart_of_the_listener_between_two_beats_is_not_even_noticed(world: World) -> None:
    world.expect(5.0)
    assert world.run(nothing, world.restart, world.restart) == [5.0] * 4
    assert world.beat_at() == 1_015.0
    assert world.said() == ["beating"]


def test_an_instance_that_is_not_known_yet_tries_again_soon_but_not_for_ever(world: World) -> None:
    """Its first beat may come before the listener was told of it."""
    tries = round(10 / EAGER)
    pauses = world.run(*[nothing] * (tries + 1), lambda: world.expect(3.0))
    assert pauses == [EAGER] * tries + [FIRST_INTERVAL] * 2 + [3.0]
    assert world.said() == ["refused with status 404, trying on", "beating"]


def test_a_listener_that_is_not_there_yet_is_tried_again_soon(world: World) -> None:
    world.go_away()
    world.expect(3.0)
    assert world.run(nothing, world.come_back) == [EAGER, EAGER, 3.0]


def test_after_it_was_frozen_it_beats_at_once_but_not_for_what_it_missed(world: World) -> None:
    world.expect(2.0)

    def frozen() -> None:
        world.clock.now += 100.0

    assert world.run(nothing, frozen, nothing, nothing) == [2.0, 2.0, AT_ONCE, 2.0, 2.0]


def test_a_removed_instance_beats_on_slowly(world: World) -> None:
    world.expect(2.0)
    assert world.run(lambda: world.listener.forget("id"), nothing) == [2.0, UNWELCOME, UNWELCOME]
    assert world.said() == ["beating", "refused with status 410, trying on"]


@pytest.mark.parametrize(("interval", "patience"), [(0.1, 0.5), (1.5, 1.5), (20.0, 2.0)])
def test_it_waits_for_an_answer_as_long_as_its_interval_within_bounds(
    world: World, interval: float, patience: float
) -> None:
    world.expect(interval)
    world.run(nothing, nothing)
    assert world.patience == [FIRST_INTERVAL, patience, patience]
