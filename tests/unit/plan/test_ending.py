"""An instance's end, step by step: name, drain, SIGTERM, grace, SIGKILL, removal."""

from dataclasses import replace

from reconciler.plan.ending import next_step
from reconciler.plan.limits import Limits
from reconciler.spec.cluster import Stop
from reconciler.state.instance import EngineState
from reconciler.state.observed import Observed, Setback
from tests.unit.plan.builders import NOW, look, make_settled, make_spec, sight, text

STOP = Stop(grace_seconds=10.0, drain_seconds=2.0)
SPEC = make_spec(size=1, stop=STOP)


def _ending(**steps: float) -> Observed:
    """web-2 is one too many and has taken these steps; its name is gone."""
    observed = make_settled(SPEC, 2)
    names = {key: record for key, record in observed.names.items() if key != "web-2"}
    return sight(replace(observed, names=names), "web-2", **steps)


def _wakes_in(observed: Observed) -> float | None:
    return look(SPEC, at=observed).plans[0].requeue_after_seconds


def test_the_name_goes_first() -> None:
    assert text(SPEC, at=make_settled(SPEC, 2)) == "withdraw web-2: surplus: 1 wanted"


def test_connections_drain_before_the_signal() -> None:
    draining = _ending(withdrawn_at=NOW - 1.5)
    assert text(SPEC, at=draining) == "wait Stopping: web-2 is ending: surplus: 1 wanted"
    assert _wakes_in(draining) == 0.5
    assert text(SPEC, at=_ending(withdrawn_at=NOW - 2.0)) == "terminate web-2: surplus: 1 wanted"


def test_one_without_a_name_needs_no_drain() -> None:
    assert text(SPEC, at=_ending()) == "terminate web-2: surplus: 1 wanted"


def test_after_the_signal_it_has_its_grace() -> None:
    told = _ending(withdrawn_at=NOW - 9, terminated_at=NOW - 8)
    assert text(SPEC, at=told) == "wait Stopping: web-2 is ending: told to end"
    assert _wakes_in(told) == 2.0


def test_after_its_grace_it_is_killed() -> None:
    overdue = _ending(withdrawn_at=NOW - 12, terminated_at=NOW - 10)
    assert text(SPEC, at=overdue) == "kill web-2: told to end; still running 10 s after SIGTERM"


def test_a_kill_without_effect_is_repeated_every_ten_seconds() -> None:
    killed = {"withdrawn_at": NOW - 40, "terminated_at": NOW - 38}
    assert text(SPEC, at=_ending(**killed, killed_at=NOW - 9)).startswith("wait Stopping")
    assert text(SPEC, at=_ending(**killed, killed_at=NOW - 10)).startswith("kill web-2")


def test_once_ended_it_is_removed() -> None:
    observed = _ending(withdrawn_at=NOW - 9, terminated_at=NOW - 7)
    ended = tuple(
        replace(i, state=EngineState.EXITED, exit_code=0) if i.number == 2 else i for i in observed.instances["web"]
    )
    assert text(SPEC, at=replace(observed, instances={"web": ended})) == "remove web-2: told to end"


def test_one_that_the_engine_is_removing_is_left_to_it() -> None:
    observed = _ending(withdrawn_at=NOW - 9, terminated_at=NOW - 7)
    going = tuple(replace(i, state=EngineState.REMOVING) if i.number == 2 else i for i in observed.instances["web"])
    assert text(SPEC, at=replace(observed, instances={"web": going})) == "nothing to do"


def test_a_step_that_failed_waits_for_its_back_off() -> None:
    setback = Setback(count=2, at=NOW, message="no such process")
    observed = replace(_ending(), setbacks={"web": {"terminate-2": setback}})
    first = text(SPEC, at=observed).splitlines()[0]
    assert first == "wait ActionFailed: terminate web-2: no such process; next try in 2 s"


def test_one_that_was_never_seen_before_ends_like_any_other() -> None:
    instance = make_settled(SPEC, 2).instances["web"][1]
    observed = replace(_ending(), sightings={})
    assert next_step(instance, "x", STOP, observed, NOW, Limits()).action is not None
