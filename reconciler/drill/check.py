"""What a drill would do to this environment, and every reason why it may not: asked before anything is touched.

Before: reading (a drill that makes sense). After: the plan of a leashed run, or runner. Nothing here changes anything;
the steady state is asked once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from reconciler.drill.readiness import lacking
from reconciler.drill.rules import problem_at
from reconciler.drill.stage import Stage
from reconciler.drill.values import NOWHERE, Apply, Drill, Place, Scale, Set, Step, Unleash
from reconciler.drill.wording import outline, step_text
from reconciler.errors import EngineUnavailable, LoopNotRunning, Problem, ReconcilerError
from reconciler.plan.status import WorldStatus

_KEYS = {
    "say --anyway": "write `needs: {ready: false}`",
    "spare them with --spare": "write `spare: true`",
    "gorilla --keep-down": "gorilla with `keep_down`",
    "--keep-down": "`keep_down`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One step as it would be done now: `says` are the sentences about it."""

    depth: int
    text: str
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The plan, and what speaks against it."""

    planned: tuple[Planned, ...]
    problems: tuple[Problem, ...]


def rehearse(drill: Drill, stage: Stage) -> Rehearsal:
    """Everything at once. Raises LoopNotRunning, EngineUnavailable where nothing can be seen."""
    world = stage.world()
    planned: list[Planned] = []
    problems = [*_needs(drill, world), *_around(drill, stage)]
    for depth, step in outline(drill.steps):
        try:
            says = _step(step, stage, anyway=not drill.needs.ready)
        except (LoopNotRunning, EngineUnavailable):
            raise
        except ReconcilerError as error:
            says = ()
            problems.append(_problem(drill, step.place, error))
        planned.append(Planned(depth=depth, text=step_text(step), says=says))
    unique = tuple(sorted(set(problems), key=lambda p: (p.line, p.column, p.problem)))
    return Rehearsal(planned=tuple(planned), problems=unique)


def _step(step: Step, stage: Stage, *, anyway: bool) -> tuple[str, ...]:
    if isinstance(step, Unleash):
        return stage.rehearse(replace(step.fault, anyway=anyway))
    if isinstance(step, Scale | Set | Apply):
        return (stage.check_change(step),)
    return ()


def _needs(drill: Drill, world: WorldStatus) -> Iterator[Problem]:
    place = drill.places.get("needs", drill.places.get("steps", NOWHERE))
    known = {cluster.name for cluster in world.clusters}
    unknown = [name for name in drill.needs.clusters if name not in known]
    if unknown or not known:
        there = f"there are {', '.join(sorted(known))}" if known else "there is none"
        named = f"cluster {', '.join(unknown)}" if unknown else "cluster"
        yield problem_at(drill, place, f"no {named} in environment {world.environment}", there)
    elif drill.needs.ready and (missing := lacking(world, drill.needs.clusters, ())):
        yield problem_at(drill, place, f"not ready: {missing}", "wait until they are, or write `ready: false`")


def _around(drill: Drill, stage: Stage) -> Iterator[Problem]:
    """What runs beside the steps: can it be started, does it hold?"""
    steady = drill.places.get("steady", NOWHERE)
    for probe in drill.steady:
        why = stage.ask(probe)
        if why:
            yield problem_at(drill, steady, f"{probe.name} does not hold: {why}", "a drill begins when all is well")
    load, clients = drill.load, drill.clients
    if load is not None:
        yield from _tried(drill, "load", lambda: stage.check_load(load))
    if clients is not None:
        yield from _tried(drill, "clients", lambda: stage.check_clients(clients))


def _tried(drill: Drill, key: str, check: Callable[[], None]) -> Iterator[Problem]:
    try:
        check()
    except (LoopNotRunning, EngineUnavailable):
        raise
    except ReconcilerError as error:
        yield _problem(drill, drill.places.get(key, NOWHERE), error)


def _problem(drill: Drill, place: Place, error: ReconcilerError) -> Problem:
    """The error's own words, which say what to do after the last semicolon where they have one, and speak of options of
    the command line where a drill has keys.
    """
    said = " ".join(str(error).split())
    for option, key in _KEYS.items():
        said = said.replace(option, key)
    what, _, fix = said.rpartition("; ")
    return problem_at(drill, place, what or fix, fix if what else "")
