"""Running a drill: step after step, each bounded, every fault ended and every spec put back whatever happens.

Before: check, which refused what can't be. After: expecting (what it amounted to), report. All effects are the Stage's,
all time is the Clock's: the same code runs in virtual time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, assert_never

from reconciler.chaos.faults import Fault, Gorilla, Monkey, SplitBrain
from reconciler.drill.readiness import STAYS_SECONDS, lacking
from reconciler.drill.recording import Recording, Span, StepRun
from reconciler.drill.rules import longest_seconds
from reconciler.drill.stage import Change, Clock, Stage
from reconciler.drill.values import Apply, Drill, Repeat, Scale, Set, Step, Unleash, Until, Wait
from reconciler.drill.wording import step_text
from reconciler.errors import EngineUnavailable, LoopNotRunning, ReconcilerError, TransientError
from reconciler.spec.units import show_seconds

POLL_SECONDS = 0.2
SETTLE_SECONDS = 60.0
_RECOVERS_LATER = 30.0

EndingKind = Literal["finished", "broken", "failed", "aborted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the steps ended: `broken` by a wait that wasn't met, `failed` by an error, `aborted` by somebody."""

    kind: EndingKind
    why: str = ""
    line: int = 0


class _BrokenError(Exception):
    """A step's own deadline passed. Never leaves this room."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


def run(drill: Drill, stage: Stage, clock: Clock, recording: Recording, rng: Random) -> Ending:
    """Do the drill. Never raises a ReconcilerError: what went wrong is the ending's `why`.

    Whatever ends it, all faults are over then, all specs as they were, and neither load nor clients run.
    """
    runner = Runner(drill, stage, clock, recording, rng)
    problem = ""
    try:
        stage.begin(drill, recording)
        ending = runner.steps()
        stage.finish(recording)
    except (ReconcilerError, OSError) as error:
        ending = Ending(kind="failed", why=str(error), line=runner.line)
    except (KeyboardInterrupt, SystemExit):
        ending = Ending(kind="aborted", why="interrupted", line=runner.line)
    finally:
        problem = _clear(stage, clock, recording)
    if problem and ending.kind == "finished":
        return Ending(kind="failed", why=problem)
    return ending


def _clear(stage: Stage, clock: Clock, recording: Recording) -> str:
    """Nothing of the drill is left; returns what is, in words."""
    stage.clear()
    try:
        names = stage.put_back()
    except (ReconcilerError, OSError) as error:
        problem = f"NOT put back: {error}"
        recording.remark(clock.now(), problem)
        return problem
    if names:
        recording.remark(clock.now(), f"put back: {', '.join(names)}")
    return ""


class Runner:
    """The steps of one run. `line` is where in the file it is."""

    def __init__(self, drill: Drill, stage: Stage, clock: Clock, recording: Recording, rng: Random) -> None:
        self._drill = drill
        self._stage = stage
        self._clock = clock
        self._recording = recording
        self._rng = rng
        self._seeds: dict[tuple[int, int], Random] = {}
        self._killed: set[str] = set()
        self.line = 0

    def steps(self) -> Ending:
        """All steps, then the recovery from what they did. Raises ReconcilerError where a step can't be done."""
        try:
            self._each(self._drill.steps)
        except _BrokenError as broken:
            ending = Ending(kind="broken", why=broken.why, line=broken.line)
        else:
            ending = Ending(kind="finished")
        self._settle()
        return ending

    def _each(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._step(step)

    def _step(self, step: Step) -> None:
        self._clock.pause(0.0)  # whoever asked for the end before it gets it before anything more is done
        self.line = step.place.line
        number = self._recording.begin_step(
            StepRun(
                text=step_text(step),
                line=self.line,
                begun_at=self._clock.now(),
                most_seconds=longest_seconds((step,)),
            )
        )
        try:
            self._do(step)
        finally:
            self._recording.end_step(number, self._clock.now())

    def _do(self, step: Step) -> None:
        match step:
            case Wait():
                self._clock.pause(step.seconds)
            case Until():
                self._until(step)
            case Repeat():
                self._repeat(step)
            case Unleash():
                self._unleash(step)
            case Scale() | Set() | Apply():
                self._change(step)
            case _:
                assert_never(step)

    def _change(self, step: Change) -> None:
        cluster = self._stage.change(step)
        self._recording.change(self._clock.now(), cluster)

    def _repeat(self, step: Repeat) -> None:
        """Rounds that take longer than `every` follow each other at once, and none begins after `for`."""
        began_at = self._clock.now()
        for turn in range(step.times):
            wait = began_at + turn * step.every_seconds - self._clock.now()
            if wait > 0:
                self._clock.pause(wait)
            if turn and self._clock.now() - began_at >= step.for_seconds:
                return
            self._each(step.steps)

    def _unleash(self, step: Unleash) -> None:
        strike = self._stage.strike(*self._drawn(step))
        begun_at = self._clock.now()
        if not step.seconds:  # a kill is told when it is seen to be done; what it costs begins with the blow
            begun_at -= float(strike.facts.get("in_force_seconds") or 0.0)
        span = Span(
            kind=step.fault.kind,
            says=strike.says,
            holds=step.seconds > 0,
            victims=strike.victims,
            begun_at=begun_at,
            facts=strike.facts,
            closes=step.fault.zone if isinstance(step.fault, Gorilla) and step.fault.keep_down else "",
            blinds=isinstance(step.fault, SplitBrain) and step.fault.shape == "reconciler",
        )
        number = self._recording.begin_fault(span)
        if span.kills:
            self._killed |= {victim.id for victim in strike.victims}
        try:
            self._each(step.meanwhile)
            left = begun_at + step.seconds - self._clock.now()
            if left > 0:
                self._clock.pause(left)
        finally:
            facts = strike.end()
            self._recording.end_fault(number, self._clock.now(), facts)
        if facts.get("unhealed"):
            raise ReconcilerError(f"{strike.says} could not be undone whole: {', '.join(facts['unhealed'])}")

    def _drawn(self, step: Unleash) -> tuple[Fault, Random]:
        """The fault with where its chance comes from: its seed the first time, and what follows from that when it is
        repeated, since the same seed would hit the same one again.
        """
        seed, place = _seed(step.fault), step.place[:2]
        if seed is None:
            return _of_the_drill(step.fault, seed), self._rng
        first = place not in self._seeds
        rng = self._seeds.setdefault(place, Random(seed))  # noqa: S311  # repeatable is what it has to be
        return _of_the_drill(step.fault, seed if first else None), rng

    def _until(self, step: Until) -> None:
        missing = self._wait_ready(step.within_seconds)
        if missing:
            raise _BrokenError(f"not ready within {show_seconds(step.within_seconds)}: {missing}", step.place.line)

    def _settle(self) -> None:
        """Until all is ready again, so that the last recovery is measured, too; longer than is expected of it."""
        spans = self._recording.measured(self._clock.now()).spans
        if not spans:
            return
        within = self._drill.expect.recovered_within_seconds
        seconds = SETTLE_SECONDS if within is None else within + _RECOVERS_LATER
        deadline = self._clock.now() + seconds
        with self._telling("wait until all is ready again, and stays so", seconds):
            while not self._wait_ready(deadline - self._clock.now()) and not self._stays():
                continue

    def _stays(self) -> bool:
        """Whether all stays ready long enough to count."""
        until = self._clock.now() + STAYS_SECONDS
        while self._clock.now() < until:
            self._clock.pause(POLL_SECONDS)
            if self._missing():
                return False
        return True

    @contextmanager
    def _telling(self, text: str, seconds: float) -> Iterator[None]:
        step = StepRun(text=text, line=0, begun_at=self._clock.now(), most_seconds=seconds)
        number = self._recording.begin_step(step)
        try:
            yield
        finally:
            self._recording.end_step(number, self._clock.now())

    def _wait_ready(self, seconds: float) -> str:
        """What is still missing after that time; empty as soon as all is ready. A loop that is away is waited out."""
        deadline = self._clock.now() + seconds
        while True:
            missing = self._missing()
            if not missing or self._clock.now() >= deadline:
                return missing
            self._clock.pause(min(POLL_SECONDS, max(deadline - self._clock.now(), 0.01)))

    def _missing(self) -> str:
        try:
            taken_up = self._stage.taken_up()  # first: the world as it was before that proves nothing
            world = self._stage.world()
        except (EngineUnavailable, LoopNotRunning, TransientError) as error:
            return str(error)
        missing = lacking(world, self._drill.needs.clusters, frozenset(self._killed))
        return missing or ("" if taken_up else "the loop has not taken up the change of the specs yet")


def _of_the_drill(fault: Fault, seed: int | None) -> Fault:
    """The fault as it is done: the drill saw that all was well at first, and is itself what troubles it now."""
    if isinstance(fault, Monkey):
        return replace(fault, seed=seed, anyway=True)
    if isinstance(fault, Gorilla | SplitBrain):
        return replace(fault, anyway=True)
    return replace(fault, target=replace(fault.target, seed=seed), anyway=True)


def _seed(fault: Fault) -> int | None:
    if isinstance(fault, Monkey):
        return fault.seed
    return None if isinstance(fault, Gorilla | SplitBrain) else fault.target.seed
