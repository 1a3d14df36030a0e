"""A drill's steps in words: for the plan of a leashed run, the live display and the report. Pure.

Before: values. After: everything that shows a step.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from reconciler.chaos.faults import Fault, Gorilla, Monkey, SplitBrain
from reconciler.drill.values import Apply, Repeat, Scale, Set, Step, Unleash, Until, Wait
from reconciler.spec.units import show_seconds


def step_text(step: Step) -> str:
    """One line for one step."""
    match step:
        case Wait():
            return f"wait {show_seconds(step.seconds)}"
        case Until():
            return f"wait until ready, {show_seconds(step.within_seconds)} at most"
        case Scale():
            return f"scale {step.cluster} to {step.size}"
        case Set():
            return f"set {step.cluster} {step.key}: {step.value}"
        case Apply():
            return f"apply {step.file}"
        case Repeat():
            every, long = show_seconds(step.every_seconds), show_seconds(step.for_seconds)
            return f"every {every} for {long}: {', then '.join(step_text(one) for one in step.steps)}"
        case Unleash():
            held = f" for {show_seconds(step.seconds)}" if step.seconds else ""
            return f"{fault_text(step.fault)}{held}"
        case _:
            assert_never(step)


def fault_text(fault: Fault) -> str:
    """What a fault is meant to do, before anybody knows whom it will hit."""
    if isinstance(fault, Monkey):
        where = f" in {fault.zone}" if fault.zone else ""
        return f"monkey: kill one of {fault.cluster or 'any cluster'}{where}"
    if isinstance(fault, Gorilla):
        return f"gorilla: kill all of {fault.zone}{', keep it down' if fault.keep_down else ''}"
    if isinstance(fault, SplitBrain):
        sides = " | ".join(",".join(side) for side in fault.sides)
        return f"split brain: {fault.shape}{' ' + sides if sides else ''}"
    target = fault.target
    whom = " in ".join(part for part in (target.name, target.zone) if part)
    return f"{fault.kind} {'one of ' if target.one else ''}{whom}"


def outline(steps: Sequence[Step], depth: int = 0) -> Iterator[tuple[int, Step]]:
    """Every step with its depth, in the order of the file."""
    for step in steps:
        yield depth, step
        if isinstance(step, Unleash):
            yield from outline(step.meanwhile, depth + 1)
        elif isinstance(step, Repeat) and any(isinstance(one, Unleash) and one.meanwhile for one in step.steps):
            yield from outline(step.steps, depth + 1)
