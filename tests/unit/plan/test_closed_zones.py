"""A closed zone: left by who can move, joined by nobody, and waited for by who can't be made elsewhere."""

from dataclasses import replace

import pytest

from reconciler.errors import UsageError
from reconciler.plan.actions import CreateInstance
from reconciler.plan.report import cluster_status
from reconciler.plan.status import ClusterStatus
from reconciler.plan.zoning import closing_remarks, insist_on_closing, insist_on_zone, known_zones
from reconciler.spec.cluster import ClusterSpec, Rollout, Task, Volume
from reconciler.spec.wanted import WantedWorld
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Canary, Channel, Observed
from reconciler.state.zones import ClosedZone
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

IN_PLACE = Rollout(strategy="in-place", surge=0, unavailable=1)
KEEPER = make_spec("db", 3, volumes=(Volume(source="data", target="/data"),), rollout=IN_PLACE)
CHANGED = replace(KEEPER, environment={"A": "1"})


def shut(observed: Observed, *zones: str) -> Observed:
    return replace(observed, closed_zones={zone: ClosedZone(zone=zone, since=0.0) for zone in zones})


def dead(spec: ClusterSpec, number: int, zone: str | None = None) -> Instance:
    return make_instance(spec, number, zone, state=EngineState.EXITED, exit_code=137, address=None)


def lost(spec: ClusterSpec, *numbers: int) -> Observed:
    """A settled cluster of which these numbers have died long after their start."""
    instances = [dead(spec, n) if n in numbers else make_instance(spec, n, attempt=1) for n in range(1, spec.size + 1)]
    observed = make_observed(spec, *instances)
    return replace(observed, names={i.id: observed.names[i.id] for i in instances if i.alive})


def zones_made(spec: ClusterSpec, at: Observed) -> list[str]:
    return [action.zone for action in look(spec, at=at).plans[0].actions if isinstance(action, CreateInstance)]


def status(spec: ClusterSpec, at: Observed) -> ClusterStatus:
    decision = look(spec, at=at)
    return cluster_status(make_wanted(spec), decision.plans[0], at, decision.judgements, now=NOW)


def degraded(spec: ClusterSpec, at: Observed) -> str:
    return next(c.reason for c in status(spec, at).conditions if c.type == "Degraded" and c.status == "True")


# ------------------------------------------------------------ who can move


def test_who_stands_there_moves_one_at_a_time_and_its_successor_comes_first() -> None:
    at = shut(make_settled(make_spec()), "b")
    plan = look(make_spec(), at=at).plans[0]
    assert [str(action.cause) for action in plan.actions] == ["zone b is closed"]
    assert zones_made(make_spec(), at) == ["a"]


def test_balance_counts_the_open_zones_only() -> None:
    instances = [make_instance(make_spec(), n, zone) for n, zone in ((1, "a"), (2, "c"), (3, "a"))]
    at = shut(make_observed(make_spec(), *instances), "b")
    assert text(make_spec(), at=at) == "nothing to do"


def test_an_opened_zone_is_filled_again() -> None:
    instances = [make_instance(make_spec(), n, zone) for n, zone in ((1, "a"), (2, "c"), (3, "a"))]
    assert zones_made(make_spec(), make_observed(make_spec(), *instances)) == ["b"]


def test_the_dead_of_a_closed_zone_come_back_elsewhere_at_once() -> None:
    at = shut(lost(make_spec(size=6), 2, 5), "b")
    assert zones_made(make_spec(size=6), at) == ["a", "c"]


def test_in_place_a_closed_zone_is_left_within_the_budget() -> None:
    at = shut(make_settled(make_spec(size=6, rollout=IN_PLACE)), "b")
    plan = look(make_spec(size=6, rollout=IN_PLACE), at=at).plans[0]
    assert [(a.kind, a.cause) for a in plan.actions] == [("withdraw", "zone b is closed")]


def test_a_suspended_cluster_is_left_where_it_is() -> None:
    spec = make_spec(suspend=True)
    plan = look(spec, at=shut(make_settled(spec), "b")).plans[0]
    assert plan.actions == ()
    assert [w.reason for w in plan.waits] == ["Suspended"]


def test_scaling_in_takes_those_of_a_closed_zone_first() -> None:
    at = shut(make_settled(make_spec(size=3)), "a")
    assert "withdraw web-1: surplus: 2 wanted" in text(make_spec(size=2), at=at)


def test_start_in_order_moves_as_any_other() -> None:
    spec = make_spec(start="ordered")
    assert zones_made(spec, shut(make_settled(spec), "b")) == ["a"]


# ------------------------------------------------------------ no open zone


def test_without_an_open_zone_all_stays_and_the_status_says_so() -> None:
    at = shut(make_settled(make_spec()), "a", "b", "c")
    assert text(make_spec(), at=at) == "nothing to do"
    assert degraded(make_spec(), at) == "AllZonesClosed"
    assert status(make_spec(), at).all_ready


def test_without_an_open_zone_the_dead_wait() -> None:
    at = shut(lost(make_spec(), 2), "a", "b", "c")
    assert zones_made(make_spec(), at) == []
    assert "wait ZoneClosed: web-2 waits for `reconciler zone open b`" in text(make_spec(), at=at)
    assert degraded(make_spec(), at) == "ZoneClosed"
    progress = next(c for c in status(make_spec(), at).conditions if c.type == "Progressing")
    assert (progress.status, progress.reason) == ("False", "ZoneClosed")


def test_without_an_open_zone_a_change_waits_too() -> None:
    spec = make_spec(environment={"A": "1"})
    plan = look(spec, at=shut(make_settled(make_spec()), "a", "b", "c")).plans[0]
    assert plan.actions == ()
    assert [w.reason for w in plan.waits] == ["ZoneClosed"]


# ------------------------------------------------------------ data in its zone


def test_data_stays_in_a_closed_zone_while_it_is_served() -> None:
    at = shut(make_settled(KEEPER), "b")
    assert text(KEEPER, at=at) == "nothing to do"


def test_who_keeps_data_in_a_closed_zone_waits_for_it_and_is_never_moved() -> None:
    at = shut(lost(KEEPER, 1, 2), "b")
    assert zones_made(KEEPER, at) == ["a"]
    assert "wait ZoneClosed: db-2 waits for `reconciler zone open b` (data stays in its zone)" in text(KEEPER, at=at)
    assert degraded(KEEPER, at) == "ZoneClosed"
    assert zones_made(KEEPER, shut(lost(KEEPER, 1, 2))) == ["a", "b"]


def test_a_number_whose_container_is_gone_altogether_waits_for_its_zone() -> None:
    at = shut(make_observed(KEEPER, *(make_instance(KEEPER, n) for n in (1, 3))), "b")
    assert zones_made(KEEPER, at) == []


def test_a_silent_one_with_data_in_a_closed_zone_is_not_ended() -> None:
    at = silence(shut(make_settled(KEEPER), "b"), "db-2", seconds=30.0)
    plan = look(KEEPER, at=at).plans[0]
    assert [a.kind for a in plan.actions] == ["publish"]
    assert [w.reason for w in plan.waits] == ["ZoneClosed"]


def test_a_change_reaches_those_in_open_zones_only() -> None:
    at = shut(make_settled(KEEPER), "b")
    plan = look(CHANGED, at=at).plans[0]
    assert [a.subject for a in plan.actions] == ["db-1"]
    assert "ZoneClosed" in [w.reason for w in plan.waits]
    assert status(CHANGED, at).conditions[2].status == "False"  # nobody is missing


def test_data_comes_back_to_its_zone_though_another_one_is_emptier() -> None:
    instances = [make_instance(KEEPER, 1, "b"), make_instance(KEEPER, 2, "b"), dead(KEEPER, 3, "b")]
    at = make_observed(KEEPER, *instances)
    assert zones_made(KEEPER, at) == ["b"]


def test_a_number_that_waits_keeps_its_zones_place() -> None:
    spec = replace(KEEPER, zones=("b", "c"), size=2)
    at = shut(make_observed(spec, dead(spec, 1, "a"), dead(spec, 2, "b")), "b")
    assert zones_made(spec, at) == ["c"]


# ------------------------------------------------------------ tasks


def test_a_task_starts_in_an_open_zone_and_waits_where_there_is_none() -> None:
    task = make_spec("load", 1, task=Task(), rollout=IN_PLACE)
    empty = make_observed(task)
    assert zones_made(task, shut(empty, "a")) == ["b"]
    assert zones_made(task, shut(empty, "a", "b", "c")) == []
    assert "ZoneClosed" in text(task, at=shut(empty, "a", "b", "c"))


def test_an_outdated_run_goes_on_while_the_next_one_has_no_zone() -> None:
    task = make_spec("load", 1, task=Task(), rollout=IN_PLACE)
    at = shut(make_observed(task, make_instance(task, 1, task=True)), "a", "b", "c")
    assert "terminate" not in text(replace(task, command=("other",)), at=at)


def test_a_task_that_has_completed_is_in_no_trouble_though_its_zones_are_closed() -> None:
    spec = make_spec("job", 1, zones=("b",), task=Task())
    record = make_instance(spec, 1, state=EngineState.EXITED, exit_code=0, task=True)
    done = status(spec, shut(make_observed(spec, record), "b"))
    assert [(c.type, c.status) for c in done.conditions if c.type == "Degraded"] == [("Degraded", "False")]
    assert degraded(spec, shut(make_observed(spec), "b")) == "ZoneClosed"


# ------------------------------------------------------------ the channel


def test_the_silence_of_a_closed_zone_is_no_riddle_and_its_instances_come_back_elsewhere() -> None:
    spec = make_spec(size=6)
    at = silence(make_settled(spec), "web-2", "web-5", seconds=30.0)
    assert look(spec, at=at).channel.blind_since is not None
    closed = shut(at, "b")
    assert look(spec, at=closed).channel.blind_since is None
    assert set(zones_made(spec, closed)) <= {"a", "c"}
    assert zones_made(spec, closed)


def test_no_canary_asks_from_a_closed_zone() -> None:
    spec = make_spec(size=6)
    at = silence(make_settled(spec), "web-1", "web-2", "web-3", "web-4", "web-5", "web-6", seconds=90.0)
    blind = Channel(since=0.0, blind_since=NOW - 80, silent=frozenset({"web-2"}), canary=None)
    asked = look(spec, at=shut(replace(at, channel=blind), "a")).channel.canary
    assert asked is not None
    assert asked.zone != "a"
    standing = replace(blind, canary=Canary(cluster="web", number=7, zone="a"))
    moved = look(spec, at=shut(replace(at, channel=standing), "a")).channel.canary
    assert moved is not None
    assert moved.zone != "a"


def test_nobody_who_ends_already_is_kept_by_a_closing() -> None:
    at = sight(shut(make_settled(KEEPER), "b"), "db-2", terminated_at=NOW - 60)
    assert "kill db-2" in text(KEEPER, at=replace(at, names={}))


# ------------------------------------------------------------ what people ask for


def test_only_zones_that_somebody_has_can_be_closed() -> None:
    world = WantedWorld(clusters={"web": make_wanted(make_spec(zones=("a", "b")))})
    known = known_zones(world, make_settled(make_spec(zones=("z",), size=1)), {"old"})
    assert known == ("a", "b", "old", "z")
    insist_on_zone("old", known)
    with pytest.raises(UsageError, match="no zone 'nowhere'; there are a, b, old, z"):
        insist_on_zone("nowhere", known)


@pytest.mark.parametrize(
    ("seconds", "why"), [(0.0, ""), (-1.0, ""), (1e12, ""), (10**400, ""), (float("nan"), ""), (None, "a\nb")]
)
def test_a_time_or_a_reason_that_cannot_be_is_refused(seconds: float | None, why: str) -> None:
    with pytest.raises(UsageError):
        insist_on_closing(seconds, why)


def test_closing_says_what_it_means_for_whom() -> None:
    specs = [make_spec(zones=("a",)), KEEPER, make_spec("load", 1, task=Task()), make_spec("other", zones=("b",))]
    world = WantedWorld(clusters={spec.name: make_wanted(spec) for spec in specs})
    remarks = closing_remarks(world, {"a"}, "a")
    assert [remark.partition(":")[0] for remark in remarks] == ["db", "load", "web"]
    assert "no open zone is left" in remarks[2]
