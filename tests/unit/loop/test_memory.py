"""What is remembered between passes: steps, failures, and nothing for ever."""

from reconciler.engine.executor import Outcome
from reconciler.loop.memory import SETBACK_SECONDS, LoopMemory
from reconciler.plan.actions import (
    Action,
    CreateInstance,
    KillInstance,
    PublishName,
    RemoveInstance,
    TerminateInstance,
    WithdrawName,
)
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.plan.world import Decision
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import WantedWorld
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Sighting
from reconciler.state.records import Record
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from reconciler.state.terminations import Termination
from tests.unit.plan.builders import make_spec, make_wanted


def instance(id: str = "a", state: EngineState = EngineState.RUNNING) -> Instance:
    return Instance(
        id=id, container=f"dev-web-{id}", cluster="web", number=1, zone="z", revision="v000", spec_hash="h",
        attempt=1, token_sha256="", image_id="i", state=state,
    )  # fmt: skip


def memory() -> LoopMemory:
    return LoopMemory(0.0, {}, ())


def done(action: Action, error: str = "") -> Outcome:
    return Outcome(action=action, error=error)


def remove(id: str = "a") -> RemoveInstance:
    return RemoveInstance(cluster="web", number=1, id=id, cause="test")


def test_who_ran_before_the_loop_is_adopted_with_its_age_and_who_comes_later_is_not() -> None:
    remembered = memory()
    remembered.sight([instance("a")], 100.0, lambda _: 40.0)
    remembered.sight([instance("a"), instance("b")], 101.0, lambda _: 1.0)
    assert remembered.sightings["a"].up_since == 60.0
    assert remembered.sightings["a"].adopted
    assert not remembered.sightings["b"].adopted
    remembered.sight([instance("b")], 102.0, lambda _: 0.0)
    assert remembered.sightings.keys() == {"b"}


def test_one_that_is_being_made_is_not_asked_for_its_age_and_begins_to_live_with_its_start() -> None:
    """The engine would answer only when it has started, and nothing would be decided until then."""

    def up_seconds(id: str) -> float:
        raise AssertionError(f"{id} was asked for")

    remembered = memory()
    remembered.sight([instance("a", EngineState.CREATED)], 100.0, up_seconds)
    remembered.sight([instance("a")], 100.5, up_seconds)
    assert remembered.sightings["a"].up_since == 100.5


def test_a_pause_is_remembered_from_when_it_was_first_seen_until_it_ends() -> None:
    remembered = memory()
    for now, state in ((1.0, EngineState.RUNNING), (2.0, EngineState.PAUSED), (3.0, EngineState.PAUSED)):
        remembered.sight([instance(state=state)], now, lambda _: 0.0)
    assert remembered.sightings["a"].paused_since == 2.0
    remembered.sight([instance()], 4.0, lambda _: 0.0)
    assert remembered.sightings["a"].paused_since is None


def test_the_steps_of_an_end_are_remembered_and_a_name_published_again_undoes_its_withdrawal() -> None:
    remembered = memory()
    remembered.sight([instance()], 1.0, lambda _: 0.0)
    common = {"cluster": "web", "cause": "test"}
    remembered.absorb([done(WithdrawName(number=1, id="a", **common))], 2.0)
    assert [sighting.withdrawn_at for sighting in remembered.sightings.values()] == [2.0]
    record = Record(instance="web1", cluster="web", zone="z", revision="v000", address="10.0.0.1", ready=True)
    remembered.absorb([done(PublishName(number=1, id="a", record=record, **common))], 3.0)
    assert [sighting.withdrawn_at for sighting in remembered.sightings.values()] == [None]
    remembered.absorb([done(TerminateInstance(number=1, id="a", **common))], 4.0)
    assert remembered.sightings["a"].terminated_at == 4.0


def test_failures_in_a_row_are_counted_and_a_success_ends_them() -> None:
    remembered = memory()
    remembered.absorb([done(remove(), "busy"), Outcome(action=remove(), error="away", unavailable=True)], 5.0)
    setback = remembered.setbacks["web"]["remove-1"]
    assert (setback.count, setback.at, setback.message) == (2, 5.0, "away")
    remembered.absorb([done(remove())], 6.0)
    assert remembered.setbacks["web"] == {}


def test_what_was_removed_and_is_there_still_counts_as_a_failure() -> None:
    remembered = memory()
    for now in (1.0, 2.0):
        remembered.sight([instance()], now, lambda _: 0.0)
        remembered.absorb([done(remove())], now)
    assert remembered.setbacks["web"]["remove-1"].count == 1
    remembered.sight([], 3.0, lambda _: 0.0)
    assert remembered._removed == set()


def test_clusters_that_are_gone_and_failures_of_long_ago_are_forgotten() -> None:
    remembered = memory()
    remembered.pulled["web"] = 3
    remembered.confirm(["web"], 0.0)
    remembered.absorb([done(remove(), "busy")], 0.0)
    remembered.forget({"web"}, 10.0)
    assert remembered.setbacks["web"]
    remembered.forget({"web"}, SETBACK_SECONDS)
    assert remembered.setbacks == {}
    remembered.forget(set(), SETBACK_SECONDS)
    assert (remembered.pulled, remembered._confirmed) == ({}, {})


def test_a_life_begins_with_the_start_not_with_the_making() -> None:
    remembered = memory()
    remembered.sight([instance("a", EngineState.CREATED), instance("b", EngineState.CREATED)], 1.0, lambda _: 0.0)
    remembered.sight([instance("a", EngineState.CREATED), instance("b")], 5.0, lambda _: 4.0)
    assert remembered.sightings["b"].up_since == 5.0
    create = CreateInstance(
        cluster="web", number=1, zone="z", revision="v000", spec_hash="h", image_id="i", attempt=1, cause="test",
        spec=make_spec(), source="web:1", has_agent=False,
    )  # fmt: skip
    remembered.absorb([Outcome(action=create, id="a")], 6.0)
    remembered.sight([instance("a"), instance("b")], 7.0, lambda _: 6.0)
    assert [remembered.sightings[id].up_since for id in "ab"] == [6.0, 5.0]


def test_what_was_asked_for_does_not_count_as_a_recent_loss() -> None:
    remembered = memory()
    remembered.confirm(["cc"], 0.0)
    remembered.note_retired({"cc": 3, "web": 1}, 1.0)
    assert remembered.guard(2.0).retired == {"web": 1}
    remembered.confirm(["web"], 3.0)
    assert remembered.guard(3.0).retired == {}


def test_what_a_person_confirmed_holds_for_a_while() -> None:
    remembered = LoopMemory(0.0, {}, ["web"])
    assert remembered.guard(1.0).confirmed == {"web"}
    assert remembered.guard(1000.0).confirmed == frozenset()


def test_a_death_is_not_remembered_of_one_that_was_listed_before_its_start() -> None:
    """Listed while it is being made it is taken for half made; its back-off counts from its real end."""
    remembered = memory()
    remembered.sight([instance(state=EngineState.CREATED)], 1.0, lambda _: 0.0)
    remembered._note_verdict("a", Judgement(Verdict.DEAD), 1.0)
    remembered.sight([instance()], 2.0, lambda _: 0.0)
    assert remembered.sightings["a"].dead_since is None
    remembered.sight([instance(state=EngineState.EXITED)], 9.0, lambda _: 0.0)
    remembered._note_verdict("a", Judgement(Verdict.DEAD), 9.0)
    assert remembered.sightings["a"].dead_since == 9.0


def test_one_that_somebody_started_again_lives_anew() -> None:
    remembered = memory()
    remembered.sight([instance(state=EngineState.EXITED)], 1.0, lambda _: 0.0)
    remembered._note_verdict("a", Judgement(Verdict.DEAD), 1.0)
    remembered.sight([instance()], 50.0, lambda _: 0.0)
    assert remembered.sightings["a"] == Sighting(up_since=50.0)


def test_a_kill_without_a_word_before_is_known_from_an_end_that_was_asked_for() -> None:
    remembered = memory()
    remembered.sight([instance("a"), instance("b")], 1.0, lambda _: 0.0)
    remembered.absorb([done(TerminateInstance(cluster="web", number=1, id="a", cause="test"))], 2.0)
    kills = [KillInstance(cluster="web", number=1, id=id, cause="test") for id in ("a", "b")]
    remembered.absorb([done(kill) for kill in kills], 3.0)
    steps = {id: (seen.terminated_at, seen.killed_at) for id, seen in remembered.sightings.items()}
    assert steps == {"a": (2.0, 3.0), "b": (None, 3.0)}


def test_while_the_engine_is_away_no_rollout_gets_older() -> None:
    version = Version(revision="v001", spec_hash="h", image_id="i")
    going = RolloutState(to=version, progressed_at=5.0, looked_at=10.0)
    remembered = memory()
    remembered.remember(
        Decision(plans=(), judgements={}, channel=remembered.channel, rollouts={"web": going}), WantedWorld(), 10.0
    )
    remembered.regain_sight(12.0)
    assert remembered.rollouts == {"web": going}
    remembered.lose_sight()
    remembered.lose_sight()
    remembered.regain_sight(50.0)
    assert remembered.rollouts == {"web": going.stood_still(40.0)}
    remembered.regain_sight(60.0)
    assert remembered.rollouts == {"web": going.stood_still(40.0)}
    remembered.lose_sight()  # in the same pass: it answered once and then no more
    remembered.regain_sight(65.0)
    assert remembered.rollouts == {"web": going.stood_still(55.0)}


def _asked(spec: ClusterSpec) -> tuple[LoopMemory, WantedWorld]:
    """A person wants `a` of `web` ended."""
    remembered = memory()
    remembered.sight([instance("a"), instance("b")], 1.0, lambda _: 0.0)
    remembered.terminations["a"] = Termination(cluster="web", cause="terminated by a person", at=1.0)
    return remembered, WantedWorld(clusters={"web": make_wanted(spec)})


def test_what_a_person_wants_ended_is_remembered_until_it_is_gone() -> None:
    remembered, world = _asked(make_spec())
    remembered.remember(Decision(plans=(), judgements={}, channel=remembered.channel), world, 2.0)
    remembered.sight([instance("a"), instance("b")], 2.0, lambda _: 0.0)
    assert remembered.terminations.keys() == {"a"}
    remembered.sight([instance("b")], 3.0, lambda _: 0.0)
    assert remembered.terminations == {}


def test_in_a_cluster_that_is_left_alone_by_now_it_is_forgotten_for_good() -> None:
    remembered, world = _asked(make_spec(suspend=True))
    remembered.remember(Decision(plans=(), judgements={}, channel=remembered.channel), world, 2.0)
    assert remembered.terminations == {}
