"""Whole drills in virtual time: what they do, what they find, and that nothing is left of them however they end."""

from random import Random

import pytest

from reconciler.chaos.faults import Monkey
from reconciler.drill.check import rehearse
from reconciler.drill.expecting import Result, judge, verdict
from reconciler.drill.reading import parse_drill
from reconciler.drill.recording import Measured, Recording
from reconciler.drill.recovering import recoveries
from reconciler.drill.replacing import replacements
from reconciler.drill.runner import Ending, run
from reconciler.drill.stage import Change
from reconciler.drill.values import Drill
from reconciler.errors import ReconcilerError
from reconciler.plan.status import WorldStatus
from tests.support.fake_drill import BEGIN, FakeStage, VirtualClock

STEADY = 'steady: {site: {http: "http://127.0.0.1/"}}\n'
LOAD = "load: {image: load}\n"
MANY = """\
kind: Drill
steps:
  - wait: 5s
  - monkey: {cluster: web, seed: 1}
  - until: ready
    within: 60s
  - split-brain: {for: 10s, meanwhile: [{scale: {cluster: web, size: 5}}, {wait: 2s}]}
  - repeat: {every: 10s, for: 30s, do: {monkey: {cluster: auth}}}
  - gorilla: {zone: az2}
expect:
  recovered: {within: 10s}
  wrong_replacements: 0
"""


class Played:
    """A drill that was run."""

    def __init__(self, text: str, stage: FakeStage) -> None:
        self.drill: Drill = parse_drill(text.encode(), file="zone.yaml")
        self.stage = stage
        self.recording = Recording(stage.clock.now())
        self.ending: Ending = run(self.drill, stage, stage.clock, self.recording, Random(1))
        self.measured: Measured = self.recording.measured(stage.clock.now())
        settled = self.ending.kind in ("finished", "broken")
        self.results: tuple[Result, ...] = judge(self.drill, self.measured, settled=settled)
        self.passed, self.says = verdict(self.drill, self.ending, self.results)


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage(VirtualClock())


def test_a_good_drill_is_passed(stage: FakeStage) -> None:
    played = Played(MANY, stage)
    assert (played.ending, played.passed) == (Ending(kind="finished"), True)
    assert played.says == "all steps were done, all 2 expectations are met"
    assert [fault.kind for fault in stage.struck] == ["monkey", "split-brain", "monkey", "monkey", "monkey", "gorilla"]


def test_recovery_is_measured_from_a_kill_and_from_the_end_of_what_holds(stage: FakeStage) -> None:
    found = recoveries((played := Played(MANY, stage)).drill, played.measured)
    assert [round(one.seconds or 0, 1) for one in found] == [3.0, 0.0, 3.0, 3.0, 3.0, 3.0]


def test_who_falls_silent_only_after_the_end_has_not_recovered_before(stage: FakeStage) -> None:
    stage.silent_after_seconds = 1.0
    played = Played("kind: Drill\nsteps: [freeze: {instance: web-1, for: 5s}]\n", stage)
    assert [round(one.seconds or 0, 1) for one in recoveries(played.drill, played.measured)] == [4.0]


def test_rounds_begin_on_time_and_hit_others(stage: FakeStage) -> None:
    played = Played(
        "kind: Drill\nsteps: [repeat: {every: 10s, for: 1m, do: {monkey: {cluster: web, seed: 3}}}]\n", stage
    )
    spans = played.measured.spans
    assert [round(span.begun_at - BEGIN) for span in spans] == [0, 10, 20, 30, 40, 50]
    assert len({span.victims[0].instance for span in spans}) > 1
    assert [fault.seed for fault in stage.struck if isinstance(fault, Monkey)] == [3, *[None] * 5]
    assert all(fault.anyway for fault in stage.struck)


def test_the_same_seed_hits_the_same_ones(stage: FakeStage) -> None:
    text = "kind: Drill\nsteps: [repeat: {every: 10s, for: 1m, do: {monkey: {seed: 3}}}]\n"
    first, second = Played(text, stage), Played(text, FakeStage(VirtualClock()))
    assert [s.victims[0].instance for s in first.measured.spans] == [
        s.victims[0].instance for s in second.measured.spans
    ]


def test_rounds_that_take_too_long_follow_each_other_and_end(stage: FakeStage) -> None:
    text = "kind: Drill\nsteps: [repeat: {every: 1s, for: 20s, do: [monkey: {}, wait: 8s]}]\n"
    assert len(Played(text, stage).measured.spans) == 3


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("recovered: {within: 2s}", "recovered: within 2s of each fault expected; 3.0 s"),
        ("failed_requests: {below: 0.1%}", "failed requests: below 0.1 % expected; 0.1 % (1 of 1000)"),
        ("failed_requests: {below: 0%}", "failed requests: none expected; 0.1 % (1 of 1000)"),
        ("steady: {failures_below: 1%}", "steady: failures below 1 % expected; 1.65 % of site (2 of 121)"),
        ("wrong_replacements: 0", "wrong replacements: none expected; 1"),
    ],
)
def test_the_first_broken_expectation_is_named_with_its_line(stage: FakeStage, expect: str, says: str) -> None:
    stage.replaced_wrongly = "auth-2"
    stage.probe_fails = lambda at: "status 503" if BEGIN + 5 < at < BEGIN + 5.3 else ""
    steps = "kind: Drill\nsteps: [wait: 5s, monkey: {cluster: web}, wait: 5s]\n"
    played = Played(f"{steps}{STEADY}{LOAD}expect: {{{expect}}}\n", stage)
    assert not played.passed
    assert played.says.startswith("zone.yaml:5: ")
    assert says in played.says


def test_expectations_that_are_met_say_what_was_measured(stage: FakeStage) -> None:
    expect = "expect: {recovered: {within: 5s}, failed_requests: {below: 1%}, steady: {failures_below: 0%}}\n"
    played = Played(f"kind: Drill\nsteps: [gorilla: {{zone: az1}}]\n{STEADY}{LOAD}{expect}", stage)
    assert played.passed
    assert [result.measured for result in played.results] == [
        "3.0 s",
        "0.1 % (1 of 1000)",
        "0 % of site (0 of 51)",
    ]


def test_never_recovered_is_told_and_waited_for_no_longer_than_it_makes_sense(stage: FakeStage) -> None:
    stage.heal_seconds = 1000.0
    played = Played("kind: Drill\nsteps: [monkey: {}]\nexpect: {recovered: {within: 5s}}\n", stage)
    assert "not all were ready again by the end" in played.says
    assert stage.clock.now() - BEGIN == pytest.approx(35.0, abs=0.3)


def test_a_wait_that_is_not_met_breaks_the_drill_and_ends_it(stage: FakeStage) -> None:
    stage.heal_seconds = 20.0
    text = (
        "kind: Drill\nsteps:\n  - monkey: {cluster: web}\n  - until: ready\n    within: 10s\n  - gorilla: {zone: az1}\n"
    )
    played = Played(text, stage)
    assert played.says == "zone.yaml:4: not ready within 10s: web: 2 of 3 ready"
    assert [fault.kind for fault in stage.struck] == ["monkey"]


def test_a_fault_that_does_not_bite_fails_the_drill(stage: FakeStage) -> None:
    stage.bites = False
    played = Played("kind: Drill\nsteps:\n  - split-brain: {for: 10s}\n", stage)
    assert played.ending.kind == "failed"
    assert played.says == "zone.yaml:3: split-brain does not bite: 4 of 6 pairs still reach each other"
    assert not stage.running


def test_a_fault_that_can_not_be_undone_whole_fails_the_drill(stage: FakeStage) -> None:
    stage.unhealed = ["web-1 -> web-2"]
    played = Played("kind: Drill\nsteps:\n  - split-brain: {for: 2s}\n", stage)
    assert (played.ending.kind, played.passed) == ("failed", False)
    assert "could not be undone whole: web-1 -> web-2" in played.says


def test_an_engine_that_goes_away_fails_the_drill_at_the_next_fault(stage: FakeStage) -> None:
    stage.engine_gone_at = BEGIN + 3
    played = Played("kind: Drill\nsteps:\n  - wait: 5s\n  - monkey: {}\n", stage)
    assert (played.ending.kind, played.says) == ("failed", "zone.yaml:4: the engine does not answer")


def test_an_engine_that_is_away_is_waited_for(stage: FakeStage) -> None:
    stage.engine_gone_at = BEGIN
    played = Played("kind: Drill\nsteps:\n  - until: ready\n    within: 9s\n", stage)
    assert played.says == "zone.yaml:3: not ready within 9s: the engine does not answer"


@pytest.mark.parametrize(
    ("document", "problem", "says"),
    [
        (None, "", "not measured: the load told nothing"),
        ({}, "", "not measured: the load told nothing"),
        (None, "it ended with code 64", "not measured: it ended with code 64"),
        ({"requests": {"count": 0, "failures": 0}}, "", "not measured: the load made no request"),
        ({"requests": {"count": 9, "failures": 0}}, "it ended before the steps did", "not measured: it ended before"),
        ({"requests": "many"}, "", "not measured: the load made no request"),
    ],
)
def test_a_load_that_tells_nothing_is_never_good(stage: FakeStage, document: object, problem: str, says: str) -> None:
    stage.load_document, stage.load_problem = document, problem  # type: ignore[assignment]
    played = Played(f"kind: Drill\nsteps: [wait: 1s]\n{LOAD}expect: {{failed_requests: {{below: 100%}}}}\n", stage)
    assert not played.passed
    assert says in played.says


def test_a_missing_history_is_never_good(stage: FakeStage) -> None:
    text = "kind: Drill\nclients: {command: [x]}\nsteps: [wait: 1s]\nexpect: {nothing_lost: true}\n"
    assert "not measured: no history was written" in Played(text, stage).says


class Late(FakeStage):
    """The loop takes a change up right after it told of the world as it was."""

    pending: Change | None = None

    def change(self, change: Change) -> str:
        self.pending = change
        return "web"

    def world(self) -> WorldStatus:
        told = super().world()
        if self.pending is not None:
            super().change(self.pending)
            self.pending = None
        return told

    def taken_up(self) -> bool:
        return self.pending is None


def test_a_world_from_before_a_change_does_not_count_as_ready_after_it() -> None:
    text = "kind: Drill\nsteps:\n  - scale: {cluster: web, size: 4}\n  - until: ready\n    within: 9s\n"
    played = Played(text, Late(VirtualClock()))
    until = played.measured.steps[1]
    assert (played.ending.kind, (until.ended_at or 0.0) - until.begun_at >= 2.9) == ("finished", True)


def test_what_the_drill_changes_itself_does_not_prolong_a_recovery(stage: FakeStage) -> None:
    text = (
        "kind: Drill\nsteps:\n  - monkey: {cluster: web}\n  - until: ready\n    within: 9s\n"
        "  - scale: {cluster: web, size: 5}\nexpect: {recovered: {within: 4s}}\n"
    )
    played = Played(text, stage)
    assert [round(one.seconds or 0, 1) for one in recoveries(played.drill, played.measured)] == [3.0]
    assert played.passed


def test_a_loop_that_knows_of_no_cluster_is_not_ready(stage: FakeStage) -> None:
    stage.sizes.clear()
    played = Played("kind: Drill\nsteps:\n  - until: ready\n    within: 9s\n", stage)
    assert played.says == "zone.yaml:3: not ready within 9s: the loop knows of no cluster yet"


def test_who_asks_for_the_end_before_a_step_gets_it_before_that_step(stage: FakeStage) -> None:
    stage.clock.interrupt_at = BEGIN
    played = Played("kind: Drill\nsteps: [monkey: {}, gorilla: {zone: az1}]\n", stage)
    assert (played.ending.kind, stage.struck) == ("aborted", [])


def test_nobody_has_recovered_from_a_fault_that_was_broken_off_just_now(stage: FakeStage) -> None:
    stage.clock.interrupt_at = BEGIN + 3
    played = Played("kind: Drill\nsteps: [dns: {cluster: web, for: 9s}]\nexpect: {recovered: {within: 5s}}\n", stage)
    assert (played.ending.kind, [result.good for result in played.results]) == ("aborted", [False])


@pytest.mark.parametrize("error", [ReconcilerError("/specs: no space left"), OSError(5, "Input/output error")])
def test_specs_that_can_not_be_put_back_fail_the_drill(stage: FakeStage, error: Exception) -> None:
    stage.put_back_fails = error
    played = Played("kind: Drill\nsteps: [scale: {cluster: web, size: 4}]\n", stage)
    assert (played.passed, played.says) == (False, f"NOT put back: {error}")


def test_a_file_system_that_fails_has_its_report_too(stage: FakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> bool:
        raise FileNotFoundError(2, "No such file or directory", "/specs")

    monkeypatch.setattr(stage, "taken_up", gone)
    played = Played("kind: Drill\nsteps:\n  - until: ready\n    within: 9s\n", stage)
    assert (played.ending.kind, "'/specs'" in played.says) == ("failed", True)


# An instant inside of every step of MANY, and one while the last recovery is waited for.
INTERRUPTIONS = (1.0, 6.0, 9.0, 10.5, 15.0, 25.0, 32.0, 38.5)


@pytest.mark.parametrize("seconds", INTERRUPTIONS)
def test_ctrl_c_at_any_step_leaves_nothing(stage: FakeStage, seconds: float) -> None:
    stage.clock.interrupt_at = BEGIN + seconds
    played = Played(MANY, stage)
    assert (played.ending.kind, played.passed) == ("aborted", False)
    assert stage.sizes == {"web": 3, "auth": 3}
    assert (stage.running, stage.in_force, stage.cleared) == (False, set(), 1)
    assert all(span.ended_at is not None for span in played.measured.spans)
    assert all(step.ended_at is not None for step in played.measured.steps)


def test_sizes_are_put_back_at_the_end_and_that_is_told(stage: FakeStage) -> None:
    played = Played(MANY, stage)
    assert stage.sizes == {"web": 3, "auth": 3}
    assert [text for _, text in played.measured.remarks] == ["put back: web"]


def test_who_was_replaced_is_told_with_the_reason_that_excuses_it(stage: FakeStage) -> None:
    stage.replaced_wrongly = "auth-2"
    found = replacements(Played("kind: Drill\nsteps: [monkey: {cluster: web}, wait: 9s]\n", stage).measured)
    assert [(one.instance.partition("-")[0], one.right) for one in found] == [
        ("web", "killed by this drill"),
        ("auth", ""),
    ]
    assert found[1].cause == "lost: no heartbeat for 4 s"


def test_everything_that_speaks_against_a_drill_is_told_before_anything_is_done(stage: FakeStage) -> None:
    stage.refused = "web is not opted in; write `chaos: {enabled: true}` into specs/web.yaml"
    stage.probe_fails = lambda _: "status 503"
    text = (
        "kind: Drill\nneeds: {clusters: [web, nobody]}\nload: {image: missing}\nclients: {command: [missing]}\n"
        f"{STEADY}steps:\n  - wait: 1s\n  - monkey: {{cluster: web}}\n"
    )
    drill = parse_drill(text.encode(), file="zone.yaml")
    assert [str(problem) for problem in rehearse(drill, stage).problems] == [
        "zone.yaml:2:1: needs: no cluster nobody in environment test; there are auth, web",
        "zone.yaml:3:1: load: the image missing is not on the engine; build it",
        "zone.yaml:4:1: clients: no program missing; install it",
        "zone.yaml:5:1: steady: site does not hold: status 503; a drill begins when all is well",
        "zone.yaml:8:5: steps[1].monkey: web is not opted in; write `chaos: {enabled: true}` into specs/web.yaml",
    ]
    assert (stage.struck, stage.running) == ([], False)


def test_a_refusal_speaks_of_the_drills_keys_not_of_options(stage: FakeStage) -> None:
    stage.refused = "gorilla is refused: shy is not opted in: write it into shy.yaml, or spare them with --spare"
    drill = parse_drill(b"kind: Drill\nsteps: [gorilla: {zone: az1}]\n", file="zone.yaml")
    (problem,) = rehearse(drill, stage).problems
    assert problem.problem.endswith("write it into shy.yaml, or write `spare: true`")


def test_a_rehearsal_says_what_each_step_would_do(stage: FakeStage) -> None:
    drill = parse_drill(MANY.encode(), file="zone.yaml")
    found = rehearse(drill, stage)
    assert found.problems == ()
    assert [(one.depth, one.text) for one in found.planned][:5] == [
        (0, "wait 5s"),
        (0, "monkey: kill one of web"),
        (0, "wait until ready, 1m at most"),
        (0, "split brain: halves for 10s"),
        (1, "scale web to 5"),
    ]
