"""What people read of a task."""

from dataclasses import replace

from reconciler.plan.report import cluster_status, orphan_status
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.beats import Beat
from reconciler.state.instance import EngineState
from reconciler.state.observed import Observed
from tests.unit.plan.builders import NOW, look, make_settled, make_spec, make_wanted
from tests.unit.plan.test_tasks import CHANGED, LOADER, ended, make_run, seen


def status_of(at: Observed, spec: ClusterSpec = LOADER) -> ClusterStatus:
    wanted = make_wanted(spec)
    decision = look(wanted, at=at)
    return cluster_status(wanted, decision.plans[0], at, decision.judgements, now=NOW)


def counts(status: ClusterStatus) -> str:
    return f"{status.desired} {status.current} {status.updated} {status.ready} {status.available}"


def conditions(status: ClusterStatus) -> list[str]:
    return [f"{c.type}={c.status} {c.reason}" for c in status.conditions]


def run_of(at: Observed) -> InstanceStatus:
    return status_of(at).instances[0]


def test_a_running_task_is_there_and_not_ready() -> None:
    status = status_of(seen(make_run()))
    assert counts(status) == "1 1 1 0 0"
    assert conditions(status) == [
        "Ready=False NotAllReady",
        "Progressing=True TaskRunning",
        "Degraded=False AsExpected",
    ]
    assert status.kind == "TaskSpec"
    assert not status.failed


def test_a_completed_task_is_ready_and_at_rest() -> None:
    status = status_of(seen(ended(0)))
    assert counts(status) == "1 1 1 1 1"
    assert conditions(status) == ["Ready=True AllReady", "Progressing=False Settled", "Degraded=False AsExpected"]
    assert status.all_ready


def test_a_record_of_another_revision_is_not_ready() -> None:
    status = status_of(seen(ended(0)), CHANGED)
    assert counts(status) == "1 1 0 1 1"
    assert not status.all_ready


def test_between_two_runs_it_is_degraded_and_not_failed_for_good() -> None:
    status = status_of(seen(ended(3)))
    assert conditions(status) == [
        "Ready=False NotAllReady",
        "Progressing=True Converging",
        "Degraded=True CrashBackOff",
    ]
    assert not status.failed


def test_after_its_last_run_it_has_failed_and_nothing_progresses() -> None:
    status = status_of(seen(ended(3, attempt=7)))
    assert counts(status) == "1 0 0 0 0"
    assert conditions(status) == ["Ready=False NotAllReady", "Progressing=False TaskFailed", "Degraded=True TaskFailed"]
    assert "exit 3" in status.failed


def test_each_run_is_told_with_its_phase_and_exit_code() -> None:
    run = run_of(seen(make_run()))
    assert (run.phase, run.verdict, run.exit_code, run.task) == ("running", Verdict.STARTING, None, True)
    run = run_of(seen(ended(0)))
    assert (run.phase, run.verdict, run.exit_code) == ("completed", Verdict.READY, 0)
    run = run_of(seen(ended(3, attempt=2)))
    assert (run.phase, run.verdict, run.exit_code, run.attempt) == ("failed", Verdict.DEAD, 3, 2)
    run = run_of(seen(make_run(state=EngineState.CREATED, address=None)))
    assert (run.phase, run.verdict) == ("created", Verdict.DEAD)


def test_a_record_has_no_age_of_a_heartbeat() -> None:
    beats = {"loader-1": Beat(at=NOW - 5000)}
    assert run_of(replace(seen(ended(0)), beats=beats)).heartbeat_age is None
    assert run_of(replace(seen(make_run()), beats=beats)).heartbeat_age == 5000.0


def test_an_orphaned_record_is_known_for_a_task() -> None:
    at = seen(ended(0))
    decision = look(at=at)
    assert orphan_status("loader", decision.plans[0], at, decision.judgements, now=NOW).kind == "TaskSpec"
    web = make_settled(make_spec())
    decision = look(at=web)
    assert orphan_status("web", decision.plans[0], web, decision.judgements, now=NOW).kind == "ClusterSpec"
