"""What people read of a cluster, out of one decision."""

from dataclasses import replace

from reconciler.errors import Problem
from reconciler.plan.report import cluster_status, orphan_status
from reconciler.plan.status import ClusterStatus, Verdict
from reconciler.spec.chaos import Chaos
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from reconciler.state.observed import Channel, InFlight, Observed, Setback
from reconciler.state.revisions import Version
from tests.unit.plan.builders import (
    NOW,
    look,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    merge,
    sight,
    silence,
)


def _status(wanted: Wanted | ClusterSpec, at: Observed) -> ClusterStatus:
    wanted = wanted if isinstance(wanted, Wanted) else make_wanted(wanted)
    decision = look(wanted, at=at)
    seen = replace(at, channel=decision.channel)
    plan = next(plan for plan in decision.plans if plan.cluster == wanted.name)
    return cluster_status(wanted, plan, seen, decision.judgements, now=NOW)


def _counts(status: ClusterStatus) -> str:
    return f"{status.desired} {status.current} {status.updated} {status.ready} {status.available}"


def _conditions(status: ClusterStatus) -> list[str]:
    return [f"{c.type}={c.status} {c.reason}" for c in status.conditions]


def _message(status: ClusterStatus, kind: str) -> str:
    return next(c.message for c in status.conditions if c.type == kind)


def test_a_settled_cluster_is_ready_and_at_rest() -> None:
    status = _status(make_spec(), make_settled(make_spec()))
    assert _counts(status) == "3 3 3 3 3"
    assert _conditions(status) == ["Ready=True AllReady", "Progressing=False Settled", "Degraded=False AsExpected"]
    assert status.all_ready
    assert status.doing == ()
    assert (status.revision, status.zones) == ("v000", ("a", "b", "c"))


def test_each_instance_is_told_with_the_age_of_its_beat() -> None:
    observed = make_settled(make_spec(dns="www"))
    observed = replace(observed, beats={**observed.beats, "web-2": Beat(at=NOW - 1.0, load=0.5, memory_bytes=7)})
    row = _status(make_spec(dns="www"), observed).instances[1]
    assert (row.name, row.container, row.phase, row.verdict) == ("www2", "dev-web-2", "running", Verdict.READY)
    assert (row.heartbeat_age, row.load, row.memory_bytes, row.address) == (1.0, 0.5, 7, "10.0.0.2")


def test_a_rollout_counts_those_of_the_wanted_revision() -> None:
    changed = make_spec(environment={"A": "1"})
    status = _status(changed, make_settled(make_spec()))
    assert _counts(status) == "3 3 0 3 3"
    assert _conditions(status)[:2] == ["Ready=False NotAllReady", "Progressing=True RollingOut"]
    assert _message(status, "Ready") == "0 of 3 there are of the wanted revision, 3 wanted"
    assert status.doing[0] == "creating web-4: outdated: v000 is not what the spec says"


def test_one_of_a_rebuilt_image_is_not_updated() -> None:
    observed = make_settled(make_spec(), images={"web:1": Image(id="sha256:2", has_agent=True)})
    assert _counts(_status(make_spec(), observed)) == "3 3 0 3 3"


def test_ready_but_not_for_long_enough_is_not_available() -> None:
    observed = sight(make_settled(make_spec()), "web-1", ready_since=NOW - 0.5)
    assert _counts(_status(make_spec(), observed)) == "3 3 3 3 2"


def test_what_is_being_created_is_a_row_before_it_is_there() -> None:
    flight = InFlight(kind="create", cluster="web", number=3, zone="c", revision="v001")
    status = _status(make_spec(), make_settled(make_spec(), 2, in_flight={"web": (flight,)}))
    assert (status.instances[2].name, status.instances[2].phase, status.instances[2].zone) == ("web3", "pending", "c")
    assert status.doing == ("creating web-3",)
    assert "Progressing=True Converging" in _conditions(status)


def test_what_is_created_and_about_to_be_started_is_not_called_dead() -> None:
    settled = make_settled(make_spec(), 3)
    listed = tuple(replace(i, state=EngineState.CREATED) if i.number == 3 else i for i in settled.instances["web"])
    flight = InFlight(kind="create", cluster="web", number=3, zone="c", revision="v001")
    making = replace(settled, instances={"web": listed}, in_flight={"web": (flight,)})
    assert _status(make_spec(), making).instances[2].verdict is Verdict.STARTING
    left_behind = replace(making, in_flight={})
    assert _status(make_spec(), left_behind).instances[2].verdict is Verdict.DEAD


def test_one_that_keeps_dying_degrades_the_cluster_and_says_when_it_starts_again() -> None:
    observed = make_settled(make_spec())
    dead = tuple(
        replace(i, state=EngineState.EXITED, exit_code=1, attempt=5) if i.number == 2 else i
        for i in observed.instances["web"]
    )
    observed = sight(replace(observed, instances={"web": dead}), "web-2", up_since=NOW - 5, dead_since=NOW - 1)
    status = _status(make_spec(), observed)
    assert "Degraded=True CrashBackOff" in _conditions(status)
    assert _message(status, "Degraded") == "web-2 died: exit 1; start 6 follows in 7 s"
    assert (status.instances[1].exit_code, status.instances[1].attempt) == (1, 5)


def test_a_suspect_degrades_the_cluster_while_its_grace_lasts() -> None:
    status = _status(make_spec(), silence(make_settled(make_spec()), "web-2", seconds=3.5))
    assert _message(status, "Degraded") == "web-2 lost: no heartbeat for 4 s"
    assert _counts(status) == "3 3 3 2 2"


def test_a_pull_that_fails_degrades_the_cluster() -> None:
    setback = Setback(count=3, at=NOW - 1, message="no such image")
    observed = make_observed(make_spec(), images={}, setbacks={"web": {"pull": setback}})
    assert _message(_status(make_spec(), observed), "Degraded") == "no such image; next try in 3 s"


def test_a_broken_file_is_told_beside_what_runs() -> None:
    problem = Problem(file="web.yaml", line=3, column=7, path="size", problem="is no number", fix="write one")
    status = _status(make_wanted(make_spec(), problems=(problem,)), make_settled(make_spec()))
    assert status.all_ready
    assert _message(status, "Degraded") == "web.yaml:3:7: size: is no number; write one"
    assert status.problems == (problem,)


def test_a_suspended_cluster_says_how_to_take_it_up_again() -> None:
    status = _status(make_spec(suspend=True), make_settled(make_spec()))
    assert _message(status, "Suspended") == "`reconciler resume web` takes it up again"


def test_a_suspended_cluster_with_something_to_do_is_not_taken_for_finished() -> None:
    spec = make_spec(size=5, suspend=True, environment={"A": "1"})
    plan = look(spec, at=make_settled(make_spec())).plans[0]
    assert (plan.actions, plan.quiet) == ((), False)
    assert str(plan) == "wait Suspended: would be done: 3 actions; `reconciler resume web`"
    status = _status(spec, make_settled(make_spec()))
    assert "Progressing=False Suspended" in _conditions(status)


def test_a_suspended_cluster_that_would_only_wait_says_so() -> None:
    setback = Setback(count=2, at=NOW - 1.0, message="no space left")
    observed = make_settled(make_spec(), 2, setbacks={"web": {"create-3": setback}})
    plan = look(make_spec(suspend=True), at=observed).plans[0]
    assert str(plan) == "wait Suspended: would wait: CreateFailed; `reconciler resume web`"


def test_a_suspended_cluster_that_is_as_wanted_is_quiet() -> None:
    assert look(make_spec(suspend=True), at=make_settled(make_spec())).plans[0].quiet
    young = sight(make_settled(make_spec()), "web-1", up_since=NOW - 1, ready_since=None)
    beats = {key: beat for key, beat in young.beats.items() if key != "web-1"}
    names = {key: record for key, record in young.names.items() if key != "web-1"}
    young = replace(young, beats=beats, names=names)
    plan = look(make_spec(suspend=True), at=young).plans[0]
    assert plan.waits == ()


def test_while_blind_the_cluster_is_held_and_its_counts_stay() -> None:
    status = _status(make_spec(), silence(make_settled(make_spec()), "web-1", "web-2", seconds=9))
    assert _counts(status) == "3 3 3 3 3"
    assert _message(status, "Held") == "2 of 3 instances fell silent together (heartbeats)"
    assert [row.verdict for row in status.instances] == [Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.READY]


def test_an_unreadable_file_without_a_former_spec_wants_what_is_there() -> None:
    status = _status(replace(make_wanted(make_spec()), spec=None), make_settled(make_spec()))
    assert _counts(status).startswith("3 3")
    assert "Held=True SpecUnreadable" in _conditions(status)


def test_a_cluster_of_size_nought_remembers_its_revision() -> None:
    past = Version(revision="v007", spec_hash="x", image_id="y")
    status = _status(make_spec(size=0), make_observed(make_spec(size=0), history={"web": (past,)}))
    assert (status.revision, status.all_ready) == ("v007", True)


def test_an_orphan_that_is_held_keeps_its_number_and_one_that_goes_wants_none() -> None:
    observed = merge(make_settled(make_spec()), make_settled(make_spec("db")))
    decision = look(at=observed)
    plans = {plan.cluster: plan for plan in decision.plans}
    held = orphan_status("web", plans["web"], observed, decision.judgements, now=NOW)
    assert (held.desired, _conditions(held)) == (3, ["Held=True MassDeletion"])
    alone = make_settled(make_spec())
    decision = look(at=alone)
    going = orphan_status("web", decision.plans[0], alone, decision.judgements, now=NOW)
    assert (going.desired, going.current, going.ready) == (0, 3, 3)
    assert _conditions(going) == ["Progressing=True SpecDeleted"]
    assert going.doing[0] == "withdrawing the name of web-1: no spec wants it any more"


def test_an_orphan_without_a_plan_is_told_as_being_removed() -> None:
    empty = Observed(channel=Channel(since=0.0))
    assert orphan_status("web", None, empty, {}, now=NOW).current == 0


def test_who_opted_in_to_chaos_says_so_and_nobody_else() -> None:
    for chaos, opted_in in ((None, False), (Chaos(enabled=False), False), (Chaos(enabled=True), True)):
        spec = make_spec(chaos=chaos)
        assert _status(spec, make_settled(spec)).chaos is opted_in
