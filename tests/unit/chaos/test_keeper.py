"""The keeper on the fake engine: what it sees and tells of faults, and that it cleans up after dead helpers."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from reconciler.chaos.diary import Diary
from reconciler.chaos.keeper import Hands, Keeper
from reconciler.chaos.policies import Policies
from reconciler.chaos.policy import Candidate, Member, View
from reconciler.engine.helpers import IMAGE, helper
from reconciler.engine.ports import Blueprint
from reconciler.errors import PermanentError
from reconciler.spec.chaos import MonkeyPolicy
from reconciler.state import labels as keys
from reconciler.state.event import Event
from reconciler.state.faults import FaultLabels, FaultPart
from reconciler.state.image import Image
from tests.support.fake_engine import FakeEngine

ENV = "dev"
NOW = 1_800_000_000.0
PATIENCE_SECONDS = 10.0


def local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class Kept:
    """An environment with a running victim and a keeper; `wall` is its time."""

    def __init__(self) -> None:
        self.engine = FakeEngine(images={IMAGE: Image(id="sha256:c"), "web:1": Image(id="sha256:w")})
        self.engine.ensure_network(ENV, None)
        self.wall = NOW
        self.events: list[Event] = []
        self.view = View()
        self.put_away: list[str] = []
        self.refuses = ""
        self.meanwhile: Callable[[], None] = lambda: None
        self.victim = self._victim()
        self.keeper = self.make()

    def _victim(self) -> str:
        labels = {
            keys.ENV: ENV, keys.CLUSTER: "web", keys.NUMBER: "1", keys.ZONE: "az1", keys.REVISION: "v000",
            keys.SPEC_HASH: "0", keys.ROLE: keys.INSTANCE_ROLE,
        }  # fmt: skip
        network = keys.network_name(ENV)
        made = self.engine.create(
            Blueprint(name="dev-web-1", image="web:1", hostname="web1", labels=labels, environment={}, network=network)
        )
        self.engine.start(made)
        return made

    def make(self) -> Keeper:
        hands = Hands(
            engine=self.engine, env=ENV, events=lambda: tuple(self.events), put_away=self.remove,
            look=lambda: self.view, wall=lambda: self.wall,
        )  # fmt: skip
        policies = Policies(self.note, lambda id: self.engine.signal(id, "SIGKILL"), local, Random(1))
        return Keeper(hands, Diary(self.note, local), policies)

    def note(self, cluster: str, subject: str, cause: str) -> None:
        self.events.append(Event(at=self.wall, cluster=cluster, kind="chaos", subject=subject, cause=cause))

    def remove(self, part: FaultPart, running: frozenset[str]) -> str:
        self.put_away.append(f"{part.fault_id} {'running' if part.victim_id in running else 'gone'}")
        self.meanwhile()
        if self.refuses:
            raise PermanentError(self.refuses)
        self.engine.remove(part.id)
        return ""

    def fault(self, fault_id: str = "k3f9", kind: str = "freeze", seconds: float = 30.0) -> str:
        """A helper beside the victim."""
        labels = FaultLabels(
            env=ENV, fault_id=fault_id, kind=kind, says=f"{kind} web-1", until=self.wall + seconds,
            victim_id=self.victim, instance="web-1", cluster="web", zone="az1",
        )  # fmt: skip
        made = self.engine.create(helper(labels, "net", seconds=seconds, settings={}))
        self.engine.start(made)
        return made

    @property
    def told(self) -> list[str]:
        return [f"{event.cluster} {event.subject}: {event.cause}" for event in self.events]

    def until(self, true: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < give_up_at, self.told
            threading.Event().wait(0.005)


BEGINS = "web freeze k3f9: begins: freeze web-1; web-1, until 08:00:30"
ENDED = "web freeze k3f9: ended"


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    kept.keeper.start()
    yield kept
    kept.keeper.stop(PATIENCE_SECONDS)


def test_a_fault_is_seen_and_told_when_it_begins_and_when_it_has_ended(kept: Kept) -> None:
    made = kept.fault()
    kept.until(lambda: kept.told == [BEGINS])
    (seen,) = kept.keeper.faults()
    assert (seen.id, seen.instances, seen.leftover) == ("k3f9", ("web-1",), False)
    kept.engine.crash(made, 0)
    kept.engine.remove(made)
    kept.until(lambda: kept.told == [BEGINS, ENDED])
    kept.until(lambda: not kept.keeper.faults())
    assert kept.put_away == []


@pytest.mark.parametrize(("code", "said"), [(137, "was killed"), (1, "failed")])
def test_a_helper_that_was_killed_or_failed_is_cleaned_up_after(kept: Kept, code: int, said: str) -> None:
    made = kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    kept.engine.crash(made, code)
    kept.until(lambda: kept.told[-1] == ENDED)
    assert kept.told == [
        BEGINS,
        f"web freeze k3f9: its helper beside web-1 {said}: what it left is undone",
        ENDED,
    ]
    assert kept.put_away == ["k3f9 running"]
    assert kept.engine.faults(ENV) == ()


def test_one_that_was_killed_and_removed_at_once_is_cleaned_up_after_too(kept: Kept) -> None:
    made = kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    kept.engine.remove(made)
    kept.until(lambda: kept.told[-1] == ENDED)
    assert kept.put_away == ["k3f9 running"]


def test_one_that_died_with_its_victim_is_put_away_without_a_word(kept: Kept) -> None:
    made = kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    kept.engine.crash(kept.victim)
    kept.engine.crash(made, 137)
    kept.until(lambda: kept.told == [BEGINS, ENDED])
    assert kept.put_away == ["k3f9 gone"]


def test_one_whose_victim_is_only_listed_as_running_still_is_put_away_without_a_word(kept: Kept) -> None:
    """A loop replaces the victim while the fault holds: nobody killed its helper, and nothing was left."""
    made = kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    shown: list[bool] = []

    def meanwhile() -> None:
        kept.engine.crash(kept.victim)
        shown.extend(fault.leftover for fault in kept.keeper.faults())

    kept.meanwhile = meanwhile
    kept.engine.crash(made, 137)
    kept.until(lambda: kept.told == [BEGINS, ENDED])
    assert shown == [False]
    assert kept.put_away == ["k3f9 running"]


def test_one_that_stands_there_after_its_end_is_put_away(kept: Kept) -> None:
    kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    kept.wall += 34.0
    kept.until(lambda: kept.told[-1] == ENDED)
    assert "stood there after its end" in kept.told[1]
    assert kept.put_away == ["k3f9 running"]


def test_what_can_not_be_cleaned_up_is_told_once_and_seen_as_left_over(kept: Kept) -> None:
    kept.refuses = "no such image"
    kept.engine.crash(kept.fault(), 137)
    kept.until(lambda: len(kept.told) == 2)
    assert kept.told[1] == "web freeze k3f9: its helper beside web-1 could not be cleaned up after: no such image"
    kept.until(lambda: [fault.leftover for fault in kept.keeper.faults()] == [True])
    looks = kept.engine.calls.count(("faults", (ENV,)))
    kept.until(lambda: kept.engine.calls.count(("faults", (ENV,))) > looks)
    assert len(kept.told) == 2
    assert kept.put_away == ["k3f9 running"]


def test_what_one_left_that_is_gone_stays_owed_until_it_is_undone(kept: Kept) -> None:
    made = kept.fault()
    kept.until(lambda: bool(kept.keeper.faults()))
    kept.refuses = "the engine is busy"
    kept.engine.remove(made)
    kept.until(lambda: "could not be cleaned up after" in kept.told[-1])
    kept.until(lambda: [fault.leftover for fault in kept.keeper.faults()] == [True])
    kept.refuses = ""
    kept.keeper._again_at.clear()
    kept.until(lambda: kept.told[-1] == ENDED)
    assert kept.put_away == ["k3f9 running"] * 2
    kept.until(lambda: not kept.keeper.faults())


def test_the_next_loop_tells_nothing_twice_and_what_it_missed(kept: Kept) -> None:
    made = kept.fault()
    kept.until(lambda: kept.told == [BEGINS])
    kept.keeper.stop(PATIENCE_SECONDS)
    kept.fault("other", "loss")
    kept.engine.crash(made, 0)
    kept.engine.remove(made)
    kept.keeper = kept.make()
    kept.keeper.start()
    kept.until(lambda: len(kept.told) == 3)
    assert set(kept.told[1:]) == {ENDED, "web loss other: begins: loss web-1; web-1, until 08:00:30"}


def test_an_engine_that_goes_away_is_survived(kept: Kept) -> None:
    kept.engine.go_away()
    kept.until(lambda: kept.engine.calls[-1][0] in ("faults", "fault_events"))
    kept.engine.come_back()
    kept.fault()
    kept.until(lambda: kept.told == [BEGINS])


def test_a_mistake_of_ours_is_survived(kept: Kept) -> None:
    kept.view = None  # type: ignore[assignment]
    kept.fault()
    kept.until(lambda: kept.told == [BEGINS])


def test_a_policy_kills_through_the_engine(kept: Kept) -> None:
    policy = MonkeyPolicy(unleashed=True, mean_time_seconds=1e-9)
    victim = Candidate(id=kept.victim, name="web-1", number=1, zone="az1")
    kept.view = View(members=(Member(cluster="web", policy=policy, candidates=(victim,)),))
    kept.until(lambda: kept.engine.boxes[kept.victim].signals == ["SIGKILL"])
    assert "web-1: terminated by its monkey policy" in kept.told[0]
