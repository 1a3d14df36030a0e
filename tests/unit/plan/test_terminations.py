"""A person ends one instance: it and nobody else, in the usual steps, and its number is filled again."""

from dataclasses import replace

import pytest

from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import Verdict
from reconciler.plan.terminations import insist_on_reason, insist_on_terminable, is_replaced, kept_until
from reconciler.spec.cluster import ClusterSpec, Stop, Task, Volume
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed
from reconciler.state.terminations import Termination, termination_cause
from reconciler.state.zones import ClosedZone
from tests.unit.plan.builders import (
    NOW,
    look,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    sight,
    silence,
    text,
)

SPEC = make_spec(stop=Stop(grace_seconds=10.0, drain_seconds=2.0))
ASKED = Termination(cluster="web", cause=termination_cause("", ""), at=NOW - 1)


def _asked(observed: Observed, key: str = "web-2") -> Observed:
    return replace(observed, terminations={key: ASKED})


def _unnamed(observed: Observed, key: str) -> Observed:
    return replace(observed, names={other: record for other, record in observed.names.items() if other != key})


def _insist(observed: Observed, spec: ClusterSpec = SPEC, number: int = 2, id: str = "") -> Instance:
    decision = look(spec, at=observed)
    return insist_on_terminable(
        observed.instances.get("web", ()), number, id, make_wanted(spec), decision.judgements, observed.closed_zones,
        cluster="web",
    )  # fmt: skip


def test_it_takes_the_usual_steps_and_nobody_is_made_beside_it() -> None:
    observed = _asked(make_settled(SPEC))
    assert text(SPEC, at=observed).splitlines() == [
        "withdraw web-2: terminated by a person",
        "wait Removing: web-2 is being removed; then its number is filled",
    ]
    drained = _unnamed(sight(observed, "web-2", withdrawn_at=NOW - 2), "web-2")
    assert text(SPEC, at=drained).startswith("terminate web-2: terminated by a person")
    told = sight(drained, "web-2", terminated_at=NOW - 1)
    ended = make_instance_ended(told)
    assert text(SPEC, at=ended).startswith("remove web-2: terminated by a person")


def make_instance_ended(observed: Observed) -> Observed:
    instances = tuple(
        replace(i, state=EngineState.EXITED, exit_code=143) if i.id == "web-2" else i for i in observed.instances["web"]
    )
    return replace(observed, instances={"web": instances})


def test_its_number_is_filled_when_it_is_gone_without_back_off() -> None:
    observed = make_settled(SPEC)
    left = make_observed(SPEC, *(i for i in observed.instances["web"] if i.number != 2))
    (create,) = look(SPEC, at=left).plans[0].actions
    assert (create.kind, create.subject, getattr(create, "attempt", 0)) == ("create", "web-2", 1)


def test_its_number_waits_for_it_no_longer_than_its_end_can_take() -> None:
    late = replace(ASKED, at=NOW - 100)
    assert kept_until(late, SPEC.stop) < NOW
    observed = replace(make_settled(SPEC), terminations={"web-2": late})
    assert "create web-4" in text(SPEC, at=observed)


def test_a_silent_one_can_be_terminated_and_is_not_replaced_twice() -> None:
    observed = _asked(silence(make_settled(SPEC), "web-2", seconds=60))
    assert text(SPEC, at=observed).startswith("withdraw web-2: terminated by a person")
    assert look(SPEC, at=observed).judgements["web-2"].verdict is Verdict.STOPPING


def test_a_rollout_ends_nobody_else_meanwhile() -> None:
    newer = make_spec(stop=SPEC.stop, environment={"A": "1"})
    plan = text(newer, at=_asked(make_settled(SPEC)))
    assert "terminate" not in plan.replace("terminated", "")
    assert [line for line in plan.splitlines() if line.startswith("withdraw")] == [
        "withdraw web-2: terminated by a person"
    ]


@pytest.mark.parametrize("changes", [{"suspend": True}, {"task": Task()}])
def test_a_cluster_that_is_left_alone_by_now_keeps_it(changes: dict[str, object]) -> None:
    spec = replace(SPEC, **changes)  # type: ignore[arg-type]
    assert "web-2: terminated" not in text(spec, at=_asked(make_settled(SPEC)))


def test_the_named_one_is_found_by_number_and_id() -> None:
    observed = make_settled(SPEC)
    assert _insist(observed).id == "web-2"
    assert _insist(observed, number=3, id="web-3").id == "web-3"
    with pytest.raises(UsageError, match="no instance web-7"):
        _insist(observed, number=7)
    with pytest.raises(ReconcilerError, match="another container by now"):
        _insist(observed, id="web-1")


def test_where_nothing_would_take_its_place_it_is_refused_with_the_reason() -> None:
    observed = make_settled(SPEC)
    with pytest.raises(ReconcilerError, match="reconciler resume web"):
        _insist(observed, replace(SPEC, suspend=True))
    with pytest.raises(ReconcilerError, match="is a task"):
        _insist(observed, replace(SPEC, task=Task()))
    kept = replace(SPEC, volumes=(Volume(source="data", target="/data"),))
    closed = replace(observed, closed_zones={"b": ClosedZone(zone="b", since=0.0)})
    with pytest.raises(ReconcilerError, match="reconciler zone open b"):
        _insist(closed, kept)


def test_one_that_ends_or_has_ended_is_refused() -> None:
    observed = make_settled(SPEC)
    with pytest.raises(ReconcilerError, match="is ending already"):
        _insist(_asked(observed))
    with pytest.raises(ReconcilerError, match=r"has ended already \(died: exit 143\)"):
        _insist(make_instance_ended(observed))


def test_the_cause_says_who_and_why() -> None:
    assert termination_cause("console", "leaks") == "terminated by a person (console): leaks"
    with pytest.raises(UsageError, match="one line"):
        insist_on_reason("two\nlines")
    insist_on_reason("")


def test_it_is_replaced_when_it_is_gone_and_enough_are_ready() -> None:
    from reconciler.loop.snapshot import Snapshot
    from reconciler.spec.wanted import WantedWorld

    observed = make_settled(SPEC)
    decision = look(SPEC, at=observed)
    world = WantedWorld(clusters={"web": make_wanted(SPEC)})
    (row,) = Snapshot(world=world, observed=observed, decision=decision).clusters(NOW)
    assert is_replaced(row, 2, "gone")
    assert is_replaced(row, 9, "gone"), "all is as wanted: it was one too many"
    assert not is_replaced(row, 2, "web-2")
    two_groups = replace(row, conditions=(), ready=row.desired + 1)
    assert is_replaced(two_groups, 2, "gone")
    assert not is_replaced(replace(two_groups, ready=row.desired - 1), 2, "gone")
    coming = tuple(one for one in row.instances if one.number != 2)
    assert not is_replaced(replace(two_groups, instances=coming), 2, "gone"), "others are no successor"
