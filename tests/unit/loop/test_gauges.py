"""The engine's figures of containers that tell none: whom to ask, and what the answers come to."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.engine.docker.usage import read_usage
from reconciler.engine.ports import Usage
from reconciler.errors import EngineUnavailable
from reconciler.loop.gauges import EVERY_SECONDS, MOST_THREADS, RATE_SECONDS, Gauges
from reconciler.loop.listening import gauge_targets
from reconciler.spec.cluster import Autoscale, CanaryStage, Rollout
from reconciler.spec.wanted import WantedWorld
from reconciler.state.beats import Beat
from reconciler.state.instance import EngineState
from tests.support.beating import eventually
from tests.unit.plan.builders import NOW, make_instance, make_observed, make_spec, make_wanted


class Asked:
    """An engine in which each container uses `rate` processors, and a clock that moves when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rate = 0.5
        self.problem: Exception | None = None
        self.runs = True
        self.questions: list[str] = []
        self.gauges = Gauges(self.ask, lambda: self.now)

    def ask(self, id: str) -> Usage | None:
        self.questions.append(id)
        if self.problem is not None:
            raise self.problem
        return Usage(cpu_seconds=self.rate * self.now, memory_bytes=4096) if self.runs else None

    def round(self) -> None:
        """Let the time between two questions pass, and wait for the answer to the next one."""
        before = len(self.questions)
        self.now += EVERY_SECONDS
        with self.gauges._condition:
            self.gauges._condition.notify_all()
        assert eventually(lambda: len(self.questions) > before and self.idle())

    def idle(self) -> bool:
        with self.gauges._condition:
            return not any(known.asking for known in self.gauges._known.values())


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.gauges.stop()
    assert eventually(lambda: made.gauges._threads == 0)


def watch_one(asked: Asked) -> None:
    asked.gauges.watch(frozenset({"a"}))
    assert eventually(lambda: bool(asked.questions) and asked.idle())


def test_two_samples_make_a_rate(asked: Asked) -> None:
    watch_one(asked)
    assert asked.gauges.gauges() == {}
    asked.round()
    gauge = asked.gauges.gauges()["a"]
    assert (gauge.at, gauge.cpu, gauge.memory_bytes) == (asked.now, 0.5, 4096)


def test_a_rate_is_over_the_last_seconds(asked: Asked) -> None:
    watch_one(asked)
    for _ in range(4):
        asked.round()
    with asked.gauges._condition:
        samples = asked.gauges._known["a"].samples
        assert asked.now - samples[0][0] < RATE_SECONDS + EVERY_SECONDS


def test_one_that_was_started_again_is_measured_anew(asked: Asked) -> None:
    watch_one(asked)
    asked.round()
    asked.rate = 0.001  # less in all than before
    asked.round()
    asked.round()
    assert asked.gauges.gauges()["a"].cpu == pytest.approx(0.001)


@pytest.mark.parametrize("problem", [EngineUnavailable("away"), RuntimeError("a mistake")])
def test_what_fails_is_asked_for_again(asked: Asked, problem: Exception) -> None:
    watch_one(asked)
    asked.problem = problem
    asked.round()
    assert asked.gauges.gauges() == {}
    asked.problem = None
    asked.round()
    asked.round()
    assert asked.gauges.gauges()["a"].cpu == 0.5


def test_nobody_is_asked_for_who_is_not_watched_any_more(asked: Asked) -> None:
    watch_one(asked)
    asked.gauges.watch(frozenset({"b"}))
    assert eventually(lambda: "b" in asked.questions)
    asked.round()
    assert asked.questions.count("a") == 1
    asked.gauges.watch(frozenset())
    assert asked.gauges.gauges() == {}


def test_slow_answers_do_not_wait_for_each_other() -> None:
    """Nobody gets an answer before all five have asked."""
    together, answered = threading.Barrier(5), list[str]()

    def ask(id: str) -> Usage | None:
        together.wait(20)
        answered.append(id)
        return None

    gauges = Gauges(ask, lambda: 0.0)
    gauges.watch(frozenset("abcde"))
    assert eventually(lambda: sorted(answered) == list("abcde"))
    assert gauges._threads == 5 <= MOST_THREADS
    gauges.stop()


CPU = Autoscale(min=1, max=3, metric="cpu", target=60.0)


@pytest.mark.parametrize(
    ("changes", "beat", "asked"),
    [
        ({"autoscale": CPU}, None, True),
        ({"autoscale": CPU}, Beat(at=NOW, memory_bytes=1), True),
        ({"autoscale": CPU}, Beat(at=NOW, cpu=0.0), False),
        ({"autoscale": replace(CPU, metric="memory")}, Beat(at=NOW), True),
        ({"autoscale": replace(CPU, metric="memory")}, Beat(at=NOW, memory_bytes=1), False),
        ({"autoscale": replace(CPU, metric="requests")}, None, False),
        ({"rollout": Rollout(canary=CanaryStage(metric="cpu", most=80.0, after_seconds=9.0))}, None, True),
        ({}, None, False),
    ],
)
def test_the_engine_is_asked_only_where_it_is_needed(
    changes: dict[str, object], beat: Beat | None, asked: bool
) -> None:
    spec = make_spec(**changes)  # type: ignore[arg-type]
    gone = make_instance(spec, 2, state=EngineState.EXITED)
    observed = make_observed(spec, make_instance(spec, 1), gone, beats={} if beat is None else {"web-1": beat})
    world = WantedWorld(clusters={"web": make_wanted(spec)})
    assert gauge_targets(world, observed) == (frozenset({"web-1"}) if asked else frozenset())


def test_statistics_are_read_with_control_groups_of_either_version() -> None:
    cpu = {"cpu_usage": {"total_usage": 1_500_000_000}}
    first = {"usage": 1000, "stats": {"inactive_file": 1, "total_inactive_file": 300}}
    second = {"usage": 1000, "stats": {"inactive_file": 200}}
    assert read_usage({"cpu_stats": cpu, "memory_stats": first}) == Usage(cpu_seconds=1.5, memory_bytes=700)
    assert read_usage({"cpu_stats": cpu, "memory_stats": second}) == Usage(cpu_seconds=1.5, memory_bytes=800)
    ended = {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}
    for nothing in (ended, {}, None, {"cpu_stats": None, "memory_stats": None}):
        assert read_usage(nothing) is None
