"""A task: one run for each revision, repeated with back-off when it fails, its exited container kept as the record."""

from dataclasses import replace

from reconciler.plan.actions import CreateInstance, PublishName
from reconciler.plan.status import Verdict
from reconciler.plan.world import Memory
from reconciler.spec.cluster import ClusterSpec, Rollout, Task
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import InFlight, Observed, Setback, Sighting
from tests.unit.plan.builders import (
    NOW,
    look,
    make_instance,
    make_observed,
    make_record,
    make_settled,
    make_spec,
    make_wanted,
    merge,
    sight,
    text,
)

ONCE = Rollout(strategy="in-place", surge=0, unavailable=1, bake_seconds=0.0)
LOADER = make_spec("loader", 1, task=Task(), rollout=ONCE)
CHANGED = replace(LOADER, command=("load", "more"))


def make_run(spec: ClusterSpec = LOADER, **changes: object) -> Instance:
    return replace(make_instance(spec, 1, task=True), **changes)  # type: ignore[arg-type]


def ended(code: int | None, spec: ClusterSpec = LOADER, **changes: object) -> Instance:
    return make_run(spec, state=EngineState.EXITED, exit_code=code, address=None, **changes)


def seen(*runs: Instance, spec: ClusterSpec = LOADER, **changes: object) -> Observed:
    """What runs has been up for a minute; what has ended did so just now, and its name is withdrawn."""
    return make_observed(
        spec, *runs,
        beats={},
        sightings={i.id: Sighting(up_since=NOW - 60, dead_since=None if i.alive else NOW) for i in runs},
        names={i.id: make_record(spec, i, ready=False) for i in runs if i.alive},
        **changes,
    )  # fmt: skip


def creation(spec: ClusterSpec, at: Observed, now: float = NOW) -> CreateInstance:
    """The run that is started, and nothing else."""
    (action,) = look(spec, at=at, now=now).plans[0].actions
    assert isinstance(action, CreateInstance)
    return action


RUNNING = "wait TaskRunning: loader-1 is running (run 1 of at most 7); ready when it has exited 0"


# ------------------------------------------------------------ a run


def test_a_task_is_run() -> None:
    assert text(LOADER, at=seen()) == "create loader-1: run 1 of at most 7"


def test_while_it_runs_it_is_waited_for() -> None:
    assert text(LOADER, at=seen(make_run())) == RUNNING


def test_a_completed_task_is_left_in_peace() -> None:
    assert text(LOADER, at=seen(ended(0))) == "nothing to do"


def test_an_image_that_is_not_there_is_fetched_first() -> None:
    assert text(LOADER, at=seen(images={})) == "pull web:1: not on this engine"


def test_a_creation_under_way_is_not_begun_twice() -> None:
    flight = InFlight(kind="create", cluster="loader", number=1)
    assert text(LOADER, at=seen(in_flight={"loader": (flight,)})) == "nothing to do"


def test_a_removed_record_runs_the_task_again() -> None:
    assert text(LOADER, at=seen()) == "create loader-1: run 1 of at most 7"


def test_the_name_of_an_instance_answers_while_it_runs_and_never_as_ready() -> None:
    (publish,) = look(LOADER, at=replace(seen(make_run()), names={})).plans[0].actions
    assert isinstance(publish, PublishName)
    assert not publish.record.ready


def test_the_name_of_a_completed_run_is_withdrawn() -> None:
    run = ended(0)
    at = replace(seen(run), names={run.id: make_record(LOADER, run)})
    assert text(LOADER, at=at) == "withdraw loader-1: completed: exit 0"


# ------------------------------------------------------------ failures


def test_a_failed_run_is_repeated_after_a_second() -> None:
    run = ended(3)
    assert text(LOADER, at=seen(run)) == (
        "wait CrashBackOff: loader-1 failed: exit 3; run 2 of at most 7 follows in 1 s"
    )
    plan = look(LOADER, at=seen(run)).plans[0]
    assert plan.requeue_after_seconds == 1.0
    assert text(LOADER, at=seen(run), now=NOW + 1) == "create loader-1: failed: exit 3; run 2 of at most 7"


def test_the_repeat_takes_the_records_place_and_counts_on() -> None:
    run = ended(3, attempt=4)
    create = creation(LOADER, seen(run), now=NOW + 60)
    assert (create.attempt, create.replaces, create.number) == (5, run.id, 1)


def test_the_wait_doubles_up_to_five_minutes() -> None:
    patient = replace(LOADER, task=Task(retries=1000))
    waits = [look(patient, at=seen(ended(1, attempt=n))).plans[0].requeue_after_seconds for n in (1, 2, 3, 9, 10, 400)]
    assert waits == [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]


def test_a_long_run_that_failed_is_not_forgiven_those_before_it() -> None:
    at = sight(seen(ended(1, attempt=7)), "loader-1", up_since=NOW - 9000)
    assert "TaskFailed" in text(LOADER, at=at)


def test_after_the_last_retry_it_stays_failed_and_says_what_to_do() -> None:
    at = seen(ended(3, attempt=7))
    assert text(LOADER, at=at, now=NOW + 9000) == (
        "wait TaskFailed: loader-1 failed: exit 3, in run 7 of at most 7; see `reconciler logs loader`, then change "
        "the spec, or run it again: `docker rm dev-loader-1`"
    )
    plan = look(LOADER, at=at).plans[0]
    assert plan.at_rest
    assert plan.requeue_after_seconds is None


def test_without_retries_the_first_failure_is_the_last() -> None:
    assert "run 1 of at most 1" in text(replace(LOADER, task=Task(retries=0)), at=seen(ended(1)))


def test_raised_retries_are_used() -> None:
    more = replace(LOADER, task=Task(retries=7))
    assert text(more, at=seen(ended(3, attempt=7)), now=NOW + 64) == (
        "create loader-1: failed: exit 3; run 8 of at most 8"
    )


def test_a_killed_run_has_failed() -> None:
    assert "failed: exit 137" in text(LOADER, at=seen(ended(137)))


def test_one_that_was_never_started_is_no_failed_run() -> None:
    run = make_run(state=EngineState.CREATED, address=None, attempt=7)
    create = creation(LOADER, seen(run))
    assert (create.attempt, create.replaces) == (7, run.id)


def test_a_creation_that_failed_is_tried_again_with_back_off() -> None:
    setbacks = {"loader": {"create-1": Setback(count=3, at=NOW - 1, message="no space left")}}
    assert text(LOADER, at=seen(setbacks=setbacks)) == "wait CreateFailed: loader-1: no space left; next try in 3 s"


# ------------------------------------------------------------ deadline

HASTY = replace(LOADER, task=Task(deadline_seconds=90.0))


def test_a_run_may_last_until_its_deadline() -> None:
    plan = look(HASTY, at=seen(make_run())).plans[0]
    assert not plan.actions
    assert plan.requeue_after_seconds == 30.0


def test_a_run_beyond_its_deadline_is_killed() -> None:
    plan = text(HASTY, at=seen(make_run()), now=NOW + 30)
    assert plan.splitlines()[0] == "kill loader-1: its deadline is over: still running after 90 s"


def test_a_kill_that_did_nothing_is_repeated_in_time() -> None:
    at = sight(seen(make_run()), "loader-1", killed_at=NOW + 30)
    assert not look(HASTY, at=at, now=NOW + 39).plans[0].actions
    assert look(HASTY, at=at, now=NOW + 40).plans[0].actions


def test_a_run_that_was_killed_at_its_deadline_has_failed() -> None:
    at = sight(seen(ended(137)), "loader-1", killed_at=NOW)
    assert "loader-1 failed: exit 137, killed at its deadline" in text(HASTY, at=at)


# ------------------------------------------------------------ another revision


def test_a_completed_task_runs_again_when_its_spec_changes() -> None:
    create = creation(CHANGED, seen(ended(0)))
    assert create.cause == "outdated: v000 is not what the spec says; run 1 of at most 7"
    assert (create.revision, create.replaces, create.attempt) == ("v001", "loader-1", 1)


def test_a_rebuilt_image_is_another_revision() -> None:
    at = seen(ended(0), images={"web:1": Image(id="sha256:2")})
    assert text(LOADER, at=at) == "create loader-1: image rebuilt: web:1 is another image now; run 1 of at most 7"


def test_an_image_that_is_gone_makes_no_new_revision() -> None:
    assert text(LOADER, at=seen(ended(0), images={})) == "nothing to do"


def test_what_failed_for_good_is_tried_again_in_another_revision() -> None:
    create = creation(CHANGED, seen(ended(3, attempt=7)))
    assert create.attempt == 1


def test_an_outdated_run_is_stopped_before_the_new_one_starts() -> None:
    run = make_run()
    at = seen(run)
    assert "withdraw loader-1: outdated: v000 is not what the spec says" in text(CHANGED, at=at)
    at = sight(replace(at, names={}), run.id, withdrawn_at=NOW)
    quick = replace(CHANGED, stop=replace(CHANGED.stop, drain_seconds=0.0))
    assert "terminate loader-1" in text(quick, at=at)
    at = sight(at, run.id, terminated_at=NOW)
    assert text(quick, at=at).startswith("wait Stopping")
    assert "kill loader-1" in text(quick, at=at, now=NOW + 10)
    gone = seen(ended(143))
    assert text(quick, at=sight(gone, run.id, terminated_at=NOW)).startswith("create loader-1: outdated")


def test_an_outdated_run_goes_on_while_its_successor_cannot_start() -> None:
    dependent = replace(CHANGED, depends_on=("db",))
    assert text(dependent, at=seen(make_run())) == "wait DependencyNotReady: waits until db is ready"
    without = replace(CHANGED, image="new:1", pull="never")
    assert text(without, at=seen(make_run())).startswith("wait ImageMissing")


def test_a_run_that_was_told_to_end_is_no_result_though_it_exited_zero() -> None:
    """The spec was changed and changed back: the run was interrupted, and may not be taken for done."""
    at = sight(seen(ended(0, attempt=3)), "loader-1", terminated_at=NOW - 1)
    create = creation(LOADER, at)
    assert create.attempt == 3
    assert look(LOADER, at=at).judgements["loader-1"].verdict is Verdict.STOPPING


def test_zones_retries_and_dependencies_run_nothing_again() -> None:
    other = replace(LOADER, zones=("x",), task=Task(retries=0, deadline_seconds=1.0), depends_on=("db",))
    assert text(other, at=seen(ended(0))) == "nothing to do"


def test_a_cluster_that_becomes_a_task_ends_before_the_run() -> None:
    web = make_spec("loader", 2)
    plan = look(LOADER, at=make_settled(web)).plans[0]
    assert [action.kind for action in plan.actions] == ["withdraw", "withdraw"]
    dead = make_observed(web, *(make_instance(web, n, state=EngineState.EXITED, address=None) for n in (1, 2)))
    plan = look(LOADER, at=replace(dead, names={})).plans[0]
    assert [f"{a.kind} {a.subject}" for a in plan.actions] == ["remove loader-2", "create loader-1"]


def test_a_task_that_becomes_a_cluster_leaves_its_record_to_the_first_instance() -> None:
    web = make_spec("loader", 1)
    create = creation(web, seen(ended(0)))
    assert create.replaces == "loader-1"


# ------------------------------------------------------------ what it waits for, and what waits for it


def test_each_run_waits_for_its_dependencies() -> None:
    dependent = replace(LOADER, depends_on=("db",))
    waits = "wait DependencyNotReady: waits until db is ready"
    assert text(dependent, at=seen()) == waits
    assert text(dependent, at=seen(ended(1)), now=NOW + 60) == waits


def test_a_run_is_not_ended_for_what_it_depends_on() -> None:
    assert text(replace(LOADER, depends_on=("db",)), at=seen(make_run())) == RUNNING


def dependent_plan(*runs: Instance, loader: ClusterSpec = LOADER) -> str:
    web = make_spec("web", 1, depends_on=("loader",))
    plans = look(loader, web, at=merge(seen(*runs), make_observed(web))).plans
    return str(next(plan for plan in plans if plan.cluster == "web"))


def test_a_dependent_cluster_waits_until_the_task_has_exited_zero() -> None:
    waits = "wait DependencyNotReady: waits until loader is ready"
    assert dependent_plan() == waits
    assert dependent_plan(make_run()) == waits
    assert dependent_plan(ended(1)) == waits
    assert dependent_plan(ended(0)).startswith("create web-1")


def test_an_outdated_record_is_no_readiness() -> None:
    assert dependent_plan(ended(0), loader=CHANGED).startswith("wait DependencyNotReady")


def test_a_missing_file_holds_the_run_and_takes_no_record_away() -> None:
    wanted = make_wanted(LOADER, missing_files=("secrets/key",))
    assert text(wanted, at=seen()).startswith("wait FileMissing")
    assert text(wanted, at=seen(ended(0))) == "nothing to do"


# ------------------------------------------------------------ left alone, put away


def test_a_suspended_task_is_not_run_and_says_so() -> None:
    asleep = replace(LOADER, suspend=True)
    assert text(asleep, at=seen()) == "wait Suspended: would be done: 1 action; `reconciler resume loader`"
    assert text(asleep, at=seen(ended(0))) == "nothing to do"


def test_a_suspended_run_is_not_killed_at_its_deadline() -> None:
    assert "kill" not in text(replace(HASTY, suspend=True), at=seen(make_run()), now=NOW + 500)


def test_without_its_spec_the_record_is_removed() -> None:
    decision = look(at=seen(ended(0)), memory=Memory(confirmed=frozenset({"loader"})))
    assert str(decision.plans[0]) == "remove loader-1: no spec wants it any more"


def test_without_its_spec_a_run_is_stopped() -> None:
    decision = look(at=replace(seen(make_run()), names={}), memory=Memory(confirmed=frozenset({"loader"})))
    assert str(decision.plans[0]).startswith("terminate loader-1")


def test_one_that_somebody_removes_is_waited_for() -> None:
    at = sight(seen(make_run(state=EngineState.REMOVING, address=None)), "loader-1", removing_since=NOW)
    assert text(LOADER, at=replace(at, names={})) == "wait Removing: loader-1 is being removed; then it runs"


# ------------------------------------------------------------ what it is not judged by


def test_the_silence_of_a_task_is_nobodys_blindness() -> None:
    web = make_spec("web", 1)
    at = merge(make_settled(web), seen(make_run()))
    decision = look(LOADER, web, at=at)
    assert decision.channel.blind_since is None
    assert decision.judgements["loader-1"].verdict is Verdict.STARTING
    assert not decision.judgements["loader-1"].mute


def test_tasks_are_not_counted_among_those_who_could_be_heard() -> None:
    """Two of three fell silent: with thirty tasks counted beside them that would look like two deaths."""
    web = make_spec("web", 3)
    tasks = [make_spec(f"task{n}", 1, task=Task(), rollout=ONCE) for n in range(30)]
    runs = [seen(make_run(spec), spec=spec) for spec in tasks]
    at = merge(make_settled(web), *runs)
    at = replace(
        at, beats={key: replace(beat, at=NOW - 4) if key != "web-3" else beat for key, beat in at.beats.items()}
    )
    assert look(web, *tasks, at=at).channel.blind_since == NOW
