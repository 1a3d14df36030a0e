"""Policies between their looks: what is told and when, what a kill leaves behind, what the next loop knows."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from reconciler.chaos.policies import Policies
from reconciler.chaos.policy import Candidate, Member, View
from reconciler.errors import TransientError
from reconciler.spec.chaos import MonkeyPolicy
from reconciler.state.event import Event

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
POLICY = MonkeyPolicy(unleashed=True, mean_time_seconds=1e-9, min_interval_seconds=0.0, most_per_day=100)
ONE = Candidate(id="c" * 64, name="web-1", number=1, zone="az1")


def view(policy: MonkeyPolicy = POLICY, *, troubles: dict[str, str] | None = None, victim: Candidate = ONE) -> View:
    return View(members=(Member(cluster="web", policy=policy, candidates=(victim,)),), troubles=troubles or {})


class Sample:
    """Policies with an engine that does or doesn't do as it is told."""

    def __init__(self, past: tuple[Event, ...] = ()) -> None:
        self.events: list[Event] = list(past)
        self.killed: list[str] = []
        self.refuses = False
        self.at = NOON
        self.policies = Policies(self.note, self.kill, lambda at: datetime.fromtimestamp(at, UTC), Random(1))
        self.policies.remember(past)

    def note(self, cluster: str, subject: str, cause: str) -> None:
        self.events.append(Event(at=self.at, cluster=cluster, kind="chaos", subject=subject, cause=cause))

    def kill(self, id: str) -> None:
        if self.refuses:
            raise TransientError("the engine is busy")
        self.killed.append(id)

    def tick(self, seen: View, elapsed_seconds: float = 1.0) -> None:
        self.at += elapsed_seconds
        self.policies.tick(seen, self.at, elapsed_seconds)

    @property
    def told(self) -> list[str]:
        return [f"{event.subject}: {event.cause}" for event in self.events]


def test_a_kill_is_told_and_done() -> None:
    sample = Sample()
    sample.tick(view())
    assert sample.killed == [ONE.id]
    assert sample.told == ["web-1: terminated by its monkey policy (mean time 0s)"]


def test_a_leashed_one_only_tells() -> None:
    sample = Sample()
    sample.tick(view(replace(POLICY, unleashed=False, mean_time_seconds=None, probability=1.0, most_per_day=1)))
    while not sample.events:
        sample.tick(view(replace(POLICY, unleashed=False)))
    assert sample.killed == []
    assert sample.told[0].startswith("web-1: leashed: its monkey policy would terminate it now (")


def test_why_not_is_told_once_until_the_reason_is_another() -> None:
    sample = Sample()
    for count in (1, 1, 2):
        sample.tick(view(troubles={"cluster auth": f"auth: {count} of 3 are ready"}))
    sample.tick(view(troubles={"held": "3 files are gone"}))
    assert sample.told == [
        "web: not terminating: the environment isn't healthy: auth: 1 of 3 are ready",
        "web: not terminating: the environment isn't healthy: 3 files are gone",
    ]


def test_nobody_is_killed_as_long_as_the_last_one_is_listed_still() -> None:
    sample = Sample()
    for _ in range(5):
        sample.tick(view())
    assert sample.killed == [ONE.id]
    sample.tick(view(victim=replace(ONE, id="d" * 64)))
    assert sample.killed == [ONE.id, "d" * 64]


def test_a_kill_that_failed_is_told_and_counts() -> None:
    sample = Sample()
    sample.refuses = True
    sample.tick(view(replace(POLICY, most_per_day=1)))
    sample.refuses = False
    sample.tick(view(replace(POLICY, most_per_day=1)))
    assert sample.killed == []
    assert sample.told[1:] == [
        "web-1: was not terminated after all: the engine is busy",
        "web: not terminating: it had 1 today, and 1 a day are the most",
    ]


def test_the_next_loop_knows_what_this_one_killed() -> None:
    first = Sample()
    first.tick(view(replace(POLICY, most_per_day=1)))
    second = Sample(tuple(first.events))
    second.tick(view(replace(POLICY, most_per_day=1), victim=replace(ONE, id="e" * 64)))
    assert second.killed == []
    assert second.told[-1] == "web: not terminating: it had 1 today, and 1 a day are the most"


def test_after_a_pause_of_this_process_nothing_is_done_on_old_news() -> None:
    sample = Sample()
    sample.tick(view(), elapsed_seconds=6.0)
    assert sample.events == []
    sample.tick(view())
    assert sample.killed == [ONE.id]
