"""What can't be, whatever the environment: expectations nobody can meet, steps without an end, faults that contradict.

Before: reading. After: against, which asks the live environment. Pure: a drill in, problems with places out.
"""

from collections.abc import Iterator, Sequence

from reconciler.chaos.faults import Fault, Gorilla, Monkey, SplitBrain
from reconciler.drill.values import Drill, Place, Repeat, Step, Unleash, Until, Wait
from reconciler.errors import Problem
from reconciler.spec.units import show_seconds

LONGEST_SECONDS = 3600.0
_MOST_FAULTS = 1000


def impossible(drill: Drill) -> tuple[Problem, ...]:
    """Everything that makes the drill senseless, in the order of the places."""
    found = [*_expectations(drill), *_lengths(drill), *_contradictions(drill.steps, ())]
    found += [*_load(drill)]
    problems = {problem_at(drill, place, what, fix) for place, what, fix in found}
    return tuple(sorted(problems, key=lambda p: (p.line, p.column, p.problem)))


Wrong = tuple[Place, str, str]


def problem_at(drill: Drill, place: Place, what: str, fix: str) -> Problem:
    """A problem at a place of the drill's file."""
    return Problem(file=drill.file, line=place.line, column=place.column, path=place.path, problem=what, fix=fix)


def each(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step, with those inside repeats and faults, in the order of the file."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from each(step.steps)
        elif isinstance(step, Unleash):
            yield from each(step.meanwhile)


def least_seconds(steps: Sequence[Step]) -> float:
    """How long these steps take where everything is ready at once."""
    return sum(_least(step) for step in steps)


def longest_seconds(steps: Sequence[Step]) -> float:
    """How long these steps may take: every deadline used up."""
    return sum(_longest(step) for step in steps)


def _least(step: Step) -> float:
    if isinstance(step, Wait):
        return step.seconds
    if isinstance(step, Unleash):
        return max(step.seconds, least_seconds(step.meanwhile))
    if isinstance(step, Repeat):
        return (step.times - 1) * max(step.every_seconds, least_seconds(step.steps)) + least_seconds(step.steps)
    return 0.0


def _longest(step: Step) -> float:
    if isinstance(step, Until):
        return step.within_seconds
    if isinstance(step, Unleash):
        return max(step.seconds, longest_seconds(step.meanwhile))
    if isinstance(step, Repeat):
        return (step.times - 1) * max(step.every_seconds, longest_seconds(step.steps)) + longest_seconds(step.steps)
    return _least(step)


def _expectations(drill: Drill) -> Iterator[Wrong]:
    expect, places = drill.expect, drill.expect.places
    if expect.failed_requests_below is not None and drill.load is None:
        yield places["failed_requests"], "there is no load whose requests could fail", "add `load:`, or remove this"
    if expect.steady_failures_below is not None and not drill.steady:
        yield places["steady"], "there is no steady state to hold", "add `steady:`, or remove this"
    if expect.nothing_lost and drill.clients is None:
        yield places["nothing_lost"], "there are no clients who could lose anything", "add `clients:`, or remove this"
    within = expect.recovered_within_seconds
    if within is None:
        return
    if not any(isinstance(step, Unleash) for step in each(drill.steps)):
        yield places["recovered"], "there is nothing to recover from: no step is a fault", "add one, or remove this"
    for step in each(drill.steps):
        if isinstance(step, Until) and step.within_seconds < within:
            shorter, longer = show_seconds(step.within_seconds), show_seconds(within)
            what = f"it breaks the drill after {shorter}, though a recovery within {longer} is expected"
            yield step.place, what, f"write `within: {longer}` or more here, or expect less"


def _lengths(drill: Drill) -> Iterator[Wrong]:
    for step in each(drill.steps):
        if isinstance(step, Repeat) and step.times > _MOST_FAULTS:
            yield step.place, f"{step.times} rounds; at most {_MOST_FAULTS} are possible", "repeat it less often"
        if isinstance(step, Unleash) and longest_seconds(step.meanwhile) > step.seconds > 0:
            took, holds = show_seconds(longest_seconds(step.meanwhile)), show_seconds(step.seconds)
            what = f"what is done meanwhile may take {took}, the fault holds {holds}"
            yield step.place, what, "give it a longer `for`, or do less meanwhile"
    if longest_seconds(drill.steps) > LONGEST_SECONDS:
        took = show_seconds(longest_seconds(drill.steps))
        yield drill.places["steps"], f"they may take {took}; a drill lasts 1h at most", "make the drill shorter"


def _contradictions(steps: Sequence[Step], around: tuple[Unleash, ...]) -> Iterator[Wrong]:
    """Two faults that would undo or hide each other, one inside the other."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from _contradictions(step.steps, around)
        if not isinstance(step, Unleash):
            continue
        for other in around:
            if reason := _contradicts(step.fault, other.fault):
                what = f"it contradicts the {other.fault.kind} of line {other.place.line}: {reason}"
                yield step.place, what, "remove it, or do it afterwards"
        yield from _contradictions(step.meanwhile, (*around, step))


def _contradicts(inner: Fault, outer: Fault) -> str:
    if isinstance(inner, SplitBrain) and isinstance(outer, SplitBrain):
        return "two cuts at once can't be told apart"
    if isinstance(outer, Gorilla):
        return f"zone {outer.zone} is empty then" if _zone(inner) == outer.zone else ""
    if isinstance(inner, Monkey | Gorilla | SplitBrain) or isinstance(outer, Monkey | SplitBrain):
        return ""
    same = type(inner) is type(outer) and inner.target == outer.target
    return "the same fault hits the same instances" if same else ""


def _zone(fault: Fault) -> str | None:
    """The zone that a fault is about, where it is about one."""
    if isinstance(fault, SplitBrain):
        return None
    return fault.zone if isinstance(fault, Monkey | Gorilla) else fault.target.zone


def _load(drill: Drill) -> Iterator[Wrong]:
    """A load that ends before the drill does would leave requests that nobody made."""
    words = drill.load.command if drill.load else ()
    for number, word in enumerate(words):
        name, _, text = word.partition("=")
        text = text or "".join(words[number + 1 : number + 2])
        if name == "--seconds" and text.isdecimal() and float(text) < least_seconds(drill.steps):
            took = show_seconds(least_seconds(drill.steps))
            yield drill.places["load"], f"it ends after {text}s, the steps take {took}", "leave `--seconds` out"
