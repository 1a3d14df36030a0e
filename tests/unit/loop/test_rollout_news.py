"""What is told of a rollout: each step once, over restarts too; pause and resume whenever they come."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.engine.store import Store
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.history import History
from reconciler.loop.rollout_news import RolloutNews
from reconciler.plan.status import ClusterStatus, Phase, RolloutStatus
from reconciler.plan.world import Decision
from reconciler.spec.policy import Policy
from reconciler.state.observed import Channel, Observed
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState

CHANNEL = Channel(since=0.0)
OLD, NEW = (Version(revision=label, spec_hash=label, image_id="i") for label in ("v001", "v002"))
GOING = RolloutState(to=NEW, back=OLD)


class Told:
    """The news of one cluster, and what they came to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.start()

    def start(self) -> None:
        self.history = History(self.store, Policy(), lambda: 0.0, lambda _: ("", b""))
        self.news = RolloutNews(self.history, Chronicle(self.store))

    def look(self, state: RolloutState, phase: Phase, strategy: str = "rolling") -> None:
        rollout = RolloutStatus(phase=phase, strategy=strategy, revision="v002", updated=1, available=1, wanted=3)
        row = ClusterStatus(
            name="web", desired=3, current=3, updated=1, ready=3, available=3, revision="v001", zones=(),
            generation=1, conditions=(), instances=(), rollout=rollout,
        )  # fmt: skip
        rollouts = {"web": state}
        decision = Decision(plans=(), judgements={}, channel=CHANNEL, rollouts=rollouts)
        self.history.conclude(Observed(channel=CHANNEL), decision)
        self.news.tell((row,), rollouts)

    @property
    def causes(self) -> list[str]:
        return [event.cause.split(":")[0] for event in self.store.events() if event.kind == "rollout"]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    store = Store(tmp_path / "state.db", lambda _: None)
    yield Told(store)
    store.close()


def test_each_step_is_told_once_and_not_again_after_a_restart(told: Told) -> None:
    for _ in range(2):
        told.look(GOING, Phase.PROGRESSING)
        told.start()
        told.look(replace(GOING, done=True), Phase.COMPLETE)
    assert told.causes == ["begun", "done"]
    assert [event.cause for event in told.store.events()] == ["begun: v001 to v002 (rolling)", "done: v002 runs"]


def test_a_failure_is_told_with_its_reason_and_then_that_it_is_rolled_back(told: Told) -> None:
    failed = replace(GOING, failed="web-4 was never ready")
    told.look(GOING, Phase.PROGRESSING)
    told.look(failed, Phase.ROLLING_BACK)
    told.look(failed, Phase.ROLLED_BACK)
    told.look(failed, Phase.ROLLING_BACK)  # one of the old has died
    told.look(failed, Phase.ROLLED_BACK)
    assert told.causes == ["begun", "v002", "rolled back"]
    event = told.store.events()[1]
    assert (event.result, event.message, event.cluster) == ("failed", "web-4 was never ready", "web")


def test_a_canary_stands_is_promoted_and_done(told: Told) -> None:
    told.look(GOING, Phase.CANARY, "canary")
    told.look(replace(GOING, gate_since=5.0), Phase.CANARY, "canary")
    told.look(GOING, Phase.CANARY, "canary")
    told.look(replace(GOING, gate_since=9.0), Phase.CANARY, "canary")
    told.look(replace(GOING, promoted=True), Phase.PROGRESSING, "canary")
    told.look(replace(GOING, promoted=True, done=True), Phase.COMPLETE, "canary")
    assert told.causes == ["begun", "the canary stands", "promoted", "done"]


def test_a_judged_group_stands_is_promoted_switched_and_done(told: Told) -> None:
    told.look(GOING, Phase.PROGRESSING, "red-black")
    told.look(replace(GOING, gate_since=5.0), Phase.JUDGING, "red-black")
    told.look(GOING, Phase.PROGRESSING, "red-black")  # one of it has died
    told.look(replace(GOING, gate_since=9.0), Phase.JUDGING, "red-black")
    switched = replace(GOING, promoted=True, switched_at=9.0)
    told.look(switched, Phase.SWITCHED, "red-black")
    told.look(replace(switched, done=True), Phase.COMPLETE, "red-black")
    assert told.causes == ["begun", "the new group stands without traffic", "promoted", "switched", "done"]


def test_every_pause_and_every_resumption_is_told(told: Told) -> None:
    told.look(GOING, Phase.PROGRESSING)
    for _ in range(2):
        told.look(GOING, Phase.PAUSED)
        told.look(GOING, Phase.PAUSED)
        told.look(GOING, Phase.PROGRESSING)
    assert told.causes == ["begun", "paused", "resumed", "paused", "resumed"]


def test_traffic_that_moves_is_told_and_another_rollout_begins_its_own_story(told: Told) -> None:
    told.look(replace(GOING, switched_at=4.0), Phase.SWITCHED, "red-black")
    told.look(RolloutState(to=OLD, back=NEW), Phase.PROGRESSING, "red-black")
    assert told.causes == ["begun", "switched", "begun"]


def test_of_a_first_version_nothing_is_told_but_its_failure(told: Told) -> None:
    first = RolloutState(to=NEW)
    told.look(first, Phase.PROGRESSING)
    told.look(replace(first, done=True), Phase.COMPLETE)
    assert told.causes == []
    told.look(RolloutState(to=OLD, failed="never ready"), Phase.FAILED)
    assert told.causes == ["v001"]


def test_another_try_of_what_failed_is_told_like_the_first(told: Told) -> None:
    failed = replace(GOING, failed="0 of 3 available", terms="a")
    told.look(GOING, Phase.PROGRESSING)
    told.look(failed, Phase.ROLLED_BACK)
    told.start()
    told.look(failed, Phase.ROLLED_BACK)
    first = told.causes
    told.look(GOING, Phase.PROGRESSING)
    told.look(replace(failed, terms="b"), Phase.ROLLED_BACK)
    assert sorted(told.causes) == sorted(first * 2)
