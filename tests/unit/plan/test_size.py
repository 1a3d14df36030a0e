"""As many as the spec says: creating, ending, replacing."""

from dataclasses import replace

import pytest

from reconciler.state.instance import EngineState, Foreign
from reconciler.state.observed import InFlight, Observed, Setback, Sighting
from tests.unit.plan.builders import (
    NOW,
    look,
    make_instance,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    sight,
    silence,
    text,
)


def _died(observed: Observed, number: int, attempt: int = 1, *, up: float = 5.0, ago: float = 0.0) -> Observed:
    instances = tuple(
        replace(i, state=EngineState.EXITED, exit_code=1, attempt=attempt) if i.number == number else i
        for i in observed.instances["web"]
    )
    key = f"web-{number}"
    names = {k: r for k, r in observed.names.items() if k != key}
    observed = replace(observed, instances={"web": instances}, names=names)
    return sight(observed, key, up_since=NOW - ago - up, dead_since=NOW - ago, ready_since=None)


def test_a_new_cluster_is_created_whole_and_spread_over_its_zones() -> None:
    spec = make_spec()
    plan = look(spec, at=make_observed(spec)).plans[0]
    assert str(plan) == ("create web-1: size 3: 0 there\ncreate web-2: size 3: 0 there\ncreate web-3: size 3: 0 there")
    assert [getattr(a, "zone", None) for a in plan.actions] == ["a", "b", "c"]
    assert {getattr(a, "revision", None) for a in plan.actions} == {"v000"}


def test_a_settled_cluster_plans_nothing() -> None:
    spec = make_spec()
    assert text(spec, at=make_settled(spec)) == "nothing to do"


def test_scaling_out_fills_the_emptiest_zones_under_the_next_numbers() -> None:
    spec = make_spec(size=5)
    plan = look(spec, at=make_settled(spec, 3)).plans[0]
    assert str(plan) == "create web-4: size 5: 3 there\ncreate web-5: size 5: 3 there"
    assert [getattr(a, "zone", None) for a in plan.actions] == ["a", "b"]


def test_scaling_in_ends_the_highest_number_of_the_fullest_zone_by_its_name_first() -> None:
    spec = make_spec(size=3)
    assert text(spec, at=make_settled(spec, 4)) == "withdraw web-4: surplus: 3 wanted"


def test_scaling_in_prefers_one_that_is_not_ready() -> None:
    spec = make_spec(size=3)
    observed = silence(make_settled(spec, 6), "web-2", seconds=3.5)
    doomed = {line for line in text(spec, at=observed).splitlines() if line.startswith("withdraw")}
    assert doomed == {f"withdraw web-{n}: surplus: 3 wanted" for n in (2, 4, 6)}


def test_scaling_in_never_leaves_fewer_ready_than_wanted() -> None:
    """One of four is starting in a zone of its own: the one too many stays until it is ready."""
    spec = make_spec(size=3)
    young = make_instance(spec, 5, "c")
    observed = make_observed(spec, *(make_instance(spec, n, z) for n, z in [(1, "a"), (2, "b"), (4, "a")]), young)
    observed = replace(observed, beats={k: b for k, b in observed.beats.items() if k != young.id})
    observed = sight(observed, young.id, up_since=NOW - 1, ready_since=None)
    assert "withdraw" not in text(spec, at=observed)
    assert "RollingOut" in text(spec, at=observed)


def test_size_nought_ends_everything() -> None:
    spec = make_spec(size=0)
    assert len(look(spec, at=make_settled(spec, 3)).plans[0].actions) == 3


def test_a_dead_instance_is_replaced_at_once_under_its_number_and_in_its_zone() -> None:
    spec = make_spec()
    plan = look(spec, at=_died(make_settled(spec), 2)).plans[0]
    assert str(plan) == "create web-2: died: exit 1"
    action = plan.actions[0]
    assert (getattr(action, "zone", None), getattr(action, "attempt", None)) == ("b", 2)
    assert getattr(action, "replaces", None) == "web-2"


@pytest.mark.parametrize(("attempt", "delay"), [(1, 0), (2, 1), (3, 2), (4, 4), (10, 256), (11, 300), (40, 300)])
def test_starts_in_a_row_are_spaced_by_back_off(attempt: int, delay: int) -> None:
    spec = make_spec()
    early = _died(make_settled(spec), 2, attempt, ago=max(0.0, delay - 0.5))
    due = _died(make_settled(spec), 2, attempt, ago=delay)
    assert text(spec, at=due) == "create web-2: died: exit 1"
    if delay:
        assert "CrashBackOff" in text(spec, at=early)
        assert "create" not in text(spec, at=early)


def test_back_off_is_forgotten_after_ten_minutes_up() -> None:
    spec = make_spec()
    plan = look(spec, at=_died(make_settled(spec), 2, 9, up=600.0)).plans[0]
    assert str(plan) == "create web-2: died: exit 1"
    assert getattr(plan.actions[0], "attempt", None) == 2


def test_during_back_off_the_corpse_is_kept_and_no_other_number_starts_instead() -> None:
    spec = make_spec()
    plan = look(spec, at=_died(make_settled(spec), 2, 6, ago=1)).plans[0]
    assert plan.actions == ()
    assert str(plan) == "wait CrashBackOff: web-2 died: exit 1; start 7 follows in 15 s"
    assert plan.requeue_after_seconds is not None
    assert plan.requeue_after_seconds <= 15


def test_a_changed_spec_ends_the_back_off() -> None:
    spec = make_spec()
    observed = _died(make_settled(spec), 2, 6, ago=1)
    changed = make_spec(environment={"A": "1"})
    assert "create web-2: died: exit 1" in text(changed, at=observed)


def test_a_corpse_above_the_size_is_removed() -> None:
    spec = make_spec(size=2)
    assert text(spec, at=_died(make_settled(spec, 3), 3)) == "remove web-3: surplus, died: exit 1"


def test_a_container_left_half_made_is_made_anew() -> None:
    spec = make_spec()
    observed = make_settled(spec)
    made = tuple(replace(i, state=EngineState.CREATED) if i.number == 1 else i for i in observed.instances["web"])
    observed = replace(observed, instances={"web": made}, names={})
    assert "create web-1: left half made: never started" in text(spec, at=observed)


def test_a_suspect_is_left_its_grace_then_replaced_under_its_number() -> None:
    spec = make_spec()
    assert "create" not in text(spec, at=silence(make_settled(spec), "web-2", seconds=3.9))
    lines = text(spec, at=silence(make_settled(spec), "web-2", seconds=4.0)).splitlines()
    assert lines[0] == "create web-2: lost: no heartbeat for 4 s"


def test_no_more_suspects_are_replaced_at_a_time_than_the_budget() -> None:
    spec = make_spec(size=20, zones=("a",))
    others = make_spec("db", size=3)
    from tests.unit.plan.builders import merge

    observed = merge(make_settled(spec), make_settled(others))
    suspects = [f"web-{n}" for n in (3, 4, 5)]
    observed = silence(observed, *suspects, seconds=9.0)
    made = [line for line in text(spec, others, at=observed).splitlines() if line.startswith("create")]
    assert len(made) == 3
    flights = tuple(InFlight(kind="create", cluster="web", number=n, id=f"web-{n}", zone="a") for n in (3, 4))
    busy = replace(observed, in_flight={"web": flights})
    made = [line for line in text(spec, others, at=busy).splitlines() if line.startswith("create")]
    assert made == ["create web-5: lost: no heartbeat for 9 s"]


def test_a_creation_under_way_is_not_planned_again() -> None:
    spec = make_spec()
    observed = make_settled(spec, 2, in_flight={"web": (InFlight(kind="create", cluster="web", number=3, zone="c"),)})
    assert text(spec, at=observed) == "nothing to do"


def _being_removed(observed: Observed, number: int, **sighting: object) -> Observed:
    instances = tuple(
        replace(i, state=EngineState.REMOVING, address=None) if i.number == number else i
        for i in observed.instances["web"]
    )
    names = {key: record for key, record in observed.names.items() if key != f"web-{number}"}
    return sight(replace(observed, instances={"web": instances}, names=names), f"web-{number}", **sighting)


def test_the_number_of_one_that_somebody_removes_is_waited_for() -> None:
    spec = make_spec()
    observed = _being_removed(make_settled(spec), 2, removing_since=NOW - 4)
    plan = look(spec, at=observed).plans[0]
    assert str(plan) == "wait Removing: web-2 is being removed; then its number is filled"
    assert plan.requeue_after_seconds is not None
    assert plan.requeue_after_seconds <= 6.0
    others = tuple(i for i in observed.instances["web"] if i.number != 2)
    assert "create web-2" in text(spec, at=replace(observed, instances={"web": others}))


def test_one_that_is_still_being_removed_after_ten_seconds_leaves_its_place_to_another_number() -> None:
    spec = make_spec()
    observed = _being_removed(make_settled(spec), 2, removing_since=NOW - 10)
    assert text(spec, at=observed) == "create web-4: size 3: 2 there"


def test_the_number_of_one_that_is_surplus_is_not_waited_for() -> None:
    spec = make_spec(size=2)
    assert text(spec, at=_being_removed(make_settled(spec, 3), 3)) == "nothing to do"
    ended = _being_removed(make_settled(spec, 2), 2, terminated_at=NOW - 5)
    assert text(spec, at=ended) == "create web-3: size 2: 1 there"


def test_a_failed_creation_is_tried_again_after_its_back_off() -> None:
    spec = make_spec()
    setback = Setback(count=2, at=NOW - 1.0, message="no space left")
    observed = make_settled(spec, 2, setbacks={"web": {"create-3": setback}})
    assert text(spec, at=observed) == "wait CreateFailed: web-3: no space left; next try in 1 s"
    assert "create web-3" in text(spec, at=observed, now=NOW + 1)


def test_a_failed_removal_is_not_tried_again_at_once() -> None:
    spec = make_spec(size=2)
    setback = Setback(count=3, at=NOW, message="device busy")
    observed = replace(_died(make_settled(spec, 3), 3), setbacks={"web": {"remove-3": setback}})
    assert text(spec, at=observed) == "wait ActionFailed: remove web-3: device busy; next try in 4 s"


def test_a_strangers_number_is_passed_over() -> None:
    spec = make_spec()
    observed = make_settled(spec, 2, foreign=(Foreign(id="x", container="dev-web-3", reason="no label"),))
    assert text(spec, at=observed) == "create web-4: size 3: 2 there"


def test_another_clusters_longer_name_takes_no_number() -> None:
    spec = make_spec()
    observed = make_settled(spec, 2, foreign=(Foreign(id="x", container="dev-my-web-3", reason="no label"),))
    assert text(spec, at=observed) == "create web-3: size 3: 2 there"


def test_an_ordered_start_creates_the_next_when_those_before_are_ready() -> None:
    spec = make_spec(start="ordered")
    assert text(spec, at=make_observed(spec)).startswith("create web-1: size 3: 0 there\n") is False
    assert [str(a.subject) for a in look(spec, at=make_observed(spec)).plans[0].actions] == ["web-1"]
    assert "create web-2" in text(spec, at=make_settled(spec, 1))
    young = replace(make_settled(spec, 1), beats={}, sightings={"web-1": Sighting(up_since=NOW - 1)}, names={})
    assert "create" not in text(spec, at=young)
    assert "OrderedStart" in text(spec, at=young)


def test_a_missing_file_blocks_creation_and_is_said_even_when_nothing_is_missing() -> None:
    wanted = make_wanted(make_spec(), missing_files=("secrets/key",), spec_hash="other")
    reason = "wait FileMissing: secrets/key: no such file; put it there, creation waits for it"
    assert text(wanted, at=make_settled(make_spec(), 2)) == reason
    assert text(wanted, at=make_settled(make_spec())) == reason


def test_a_removal_that_has_happened_but_not_come_back_frees_its_number() -> None:
    """The next one gets the number, and with it the volumes, of the one that went."""
    spec = make_spec()
    gone = InFlight(kind="remove", cluster="web", number=1, id="web-1")
    left = make_observed(spec, make_instance(spec, 2), make_instance(spec, 3), in_flight={"web": (gone,)})
    assert text(spec, at=left).startswith("create web-1:")
