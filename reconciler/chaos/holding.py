"""A fault while it holds: newcomers are hit as well, who is gone is forgotten, and who ended it elsewhere is heeded.

Before: watching, at each event and once a second. After: crew. Never here: the beginning and the end.
An address that is free again is given to the next who comes: so what is dropped is told anew each time.
"""

from dataclasses import dataclass

from reconciler.chaos.crew import Crew
from reconciler.chaos.helper import Helper
from reconciler.chaos.report import Newcomer
from reconciler.engine.fault_ports import FaultEngine
from reconciler.state.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one look came to. `over`: the fault was ended elsewhere, or nobody is left to be hit."""

    newcomers: tuple[Newcomer, ...] = ()
    gone: tuple[str, ...] = ()
    over: bool = False


def look_after(engine: FaultEngine, env: str, crew: Crew, *, died: frozenset[str], seconds: float) -> Change:
    """Bring the crew up to date with who is there; helpers for newcomers last `seconds` at most.

    Raises ReconcilerError where something of that fails; the next look tries again.
    """
    running = {one.id: one for one in crew.running()}
    if _ended_elsewhere(engine, env, crew, running):
        return Change(over=True)
    gone = [one for one in crew.helpers if one.instance.id not in running or one.instance.id in died]
    for helper in gone:
        crew.forget(helper.instance.id)
    came = [one for one in running.values() if _is_new(crew, one)]
    newcomers = _hit(engine, crew, came, seconds) if gone or came or _unhit(crew) else ()
    return Change(
        newcomers=newcomers,
        gone=tuple(one.name for one in gone),
        over=not crew.helpers and crew.attack.follows is None,
    )


def _ended_elsewhere(engine: FaultEngine, env: str, crew: Crew, running: dict[str, Instance]) -> bool:
    """A helper whose victim lives has ended well, or was taken away: somebody wants it to be over."""
    parts = {part.id: part for part in engine.faults(env)}
    for helper in crew.helpers:
        part = parts.get(helper.id)
        over = part is None or (not part.alive and part.exit_code == 0)
        if over and helper.instance.id in running:
            return True
    return False


def _is_new(crew: Crew, one: Instance) -> bool:
    scope = crew.attack.follows
    return scope is not None and one.address is not None and not crew.knows(one.id) and scope.includes(one)


def _unhit(crew: Crew) -> tuple[Helper, ...]:
    """Staged by a look that failed halfway."""
    return tuple(one for one in crew.helpers if not one.bites)


def _hit(engine: FaultEngine, crew: Crew, came: list[Instance], seconds: float) -> tuple[Newcomer, ...]:
    """First those who are there close themselves to the newcomers, at once; then each of these to them."""
    if crew.attack.helper == "net":
        crew.rule(crew.helpers, came)
    if came:
        crew.stage(came, seconds)
    fresh = _unhit(crew)
    if crew.attack.helper == "net":
        crew.rule(fresh)
    crew.bite(fresh)
    return tuple(Newcomer(name=one.name, seconds=engine.up_seconds(one.instance.id)) for one in fresh)
