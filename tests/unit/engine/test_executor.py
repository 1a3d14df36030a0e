"""The executor: fair between clusters and registries, never the same twice, and every action comes back."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from reconciler.engine.executor import Executor, Outcome
from reconciler.engine.steps import Steps
from reconciler.errors import EngineUnavailable, PermanentError
from reconciler.plan.actions import Action, PullImage, RemoveInstance, WithdrawName
from tests.support.beating import eventually


class FakeSteps:
    """`run` does what the test says, by the action's cluster."""

    def __init__(self) -> None:
        self.gates: dict[str, threading.Event] = {}
        self.begun: list[Action] = []
        self.errors: dict[str, Exception] = {}

    def run(self, action: Action) -> str:
        self.begun.append(action)
        if (gate := self.gates.get(action.cluster)) is not None:
            gate.wait(10)
        if (error := self.errors.get(action.cluster)) is not None:
            raise error
        return "made"


class Bench:
    """An executor with what came back of it."""

    def __init__(self) -> None:
        self.steps = FakeSteps()
        self.outcomes: list[Outcome] = []
        self.freed: list[str] = []
        self.seen_in_flight: list[bool] = []
        self.executor = Executor(
            cast("Steps", self.steps), self._done, self.freed.append, workers=4, most_of_one=3, pullers=2
        )

    def _done(self, outcome: Outcome) -> None:
        self.seen_in_flight.append(outcome.action.cluster in self.executor.in_flight())
        self.outcomes.append(outcome)

    def hold(self, cluster: str) -> Callable[[], None]:
        gate = self.steps.gates[cluster] = threading.Event()
        return gate.set


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for gate in made.steps.gates.values():
        gate.set()
    made.executor.stop(5.0)


def remove(cluster: str, number: int = 1) -> RemoveInstance:
    return RemoveInstance(cluster=cluster, number=number, id=f"{cluster}-{number}", cause="test")


def pull(cluster: str, image: str) -> PullImage:
    return PullImage(cluster=cluster, image=image, policy="missing", cause="test")


def test_one_cluster_that_hangs_leaves_a_worker_to_the_others(bench: Bench) -> None:
    bench.hold("slow")
    bench.executor.submit(remove("slow", number) for number in range(1, 20))
    bench.executor.submit([remove("quick")])
    assert eventually(lambda: bench.freed == ["quick"])
    assert len([action for action in bench.steps.begun if action.cluster == "slow"]) == 3


def test_one_registry_that_hangs_leaves_a_puller_to_the_others(bench: Bench) -> None:
    bench.hold("slow")
    bench.executor.submit(pull("slow", f"dead.example:5000/image:{n}") for n in range(4))
    bench.executor.submit([pull("quick", "debian:12"), remove("quick")])
    assert eventually(lambda: len(bench.freed) == 2)


def test_clusters_are_served_in_turn(bench: Bench) -> None:
    release = bench.hold("held")
    bench.executor.submit(remove("held", number) for number in range(1, 4))
    gate = bench.hold("gate")
    bench.executor.submit([remove("gate")])
    assert eventually(lambda: len(bench.steps.begun) == 4)
    bench.executor.submit([*(remove("many", n) for n in range(1, 4)), remove("few")])
    gate()
    assert eventually(lambda: len(bench.freed) == 5)
    order = [action.cluster for action in bench.steps.begun[4:]]
    assert order[:2] == ["many", "few"]
    release()


def test_what_is_under_way_is_not_started_twice(bench: Bench) -> None:
    release = bench.hold("web")
    bench.executor.submit([remove("web"), remove("web")])
    bench.executor.submit([remove("web")])
    assert [flight.id for flight in bench.executor.in_flight()["web"]] == ["web-1"]
    release()
    assert eventually(lambda: bench.freed == ["web"])
    assert len(bench.steps.begun) == 1
    assert bench.executor.in_flight() == {}


def test_a_name_and_an_end_of_one_container_are_two_things(bench: Bench) -> None:
    bench.hold("web")
    bench.executor.submit([remove("web"), WithdrawName(cluster="web", number=1, id="web-1", cause="test")])
    assert len(bench.executor.in_flight()["web"]) == 2


def test_an_outcome_is_told_while_its_action_is_in_flight_and_its_cluster_is_called_afterwards(bench: Bench) -> None:
    """Else a pass in between would see neither the action nor what came of it."""
    bench.executor.submit([remove("web")])
    assert eventually(lambda: bench.freed == ["web"])
    assert bench.seen_in_flight == [True]


@pytest.mark.parametrize(
    ("error", "permanent", "unavailable"),
    [
        (PermanentError("refused"), True, False),
        (EngineUnavailable("away"), False, True),
        (OSError("disk"), False, False),
        (ZeroDivisionError("a mistake of ours"), False, False),
    ],
)
def test_every_failure_comes_back_and_frees_its_place(
    bench: Bench, error: Exception, permanent: bool, unavailable: bool
) -> None:
    bench.steps.errors["web"] = error
    for _ in range(8):
        bench.executor.submit([remove("web")])
        assert eventually(lambda: not bench.executor.in_flight())
    outcome: Any = bench.outcomes[-1]
    assert (outcome.permanent, outcome.unavailable) == (permanent, unavailable)
    assert str(error) in outcome.error
    del bench.steps.errors["web"]
    bench.executor.submit([remove("web")])
    assert eventually(lambda: bench.outcomes[-1].error == "")


def test_nothing_is_begun_after_a_stop_which_does_not_wait_for_what_hangs(bench: Bench) -> None:
    bench.hold("web")
    bench.executor.submit(remove("web", number) for number in range(1, 9))
    assert eventually(lambda: len(bench.steps.begun) == 3)
    bench.executor.stop(0.05)
    for gate in bench.steps.gates.values():
        gate.set()
    assert eventually(lambda: len(bench.outcomes) == 3)
    assert len(bench.steps.begun) == 3
