"""A fault while it holds: newcomers are hit as well, who is gone is forgotten, and who ended it elsewhere is heeded.

Before: watching, at each event and once a second. After: crew. Never here: the beginning and the end.
An address that is free again is given to the next who comes: so what is dropped is told anew each time.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.chaos.crew import Crew
from reconciler.chaos.report import Newcomer
from reconciler.state.faults import FaultPart
from reconciler.state.instance import Instance

_LAST_WORDS_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What looking after a fault needs: the environment's helpers, for how long an instance could have been hit, to be
    called again.
    """

    parts: Callable[[], Sequence[FaultPart]]
    age: Callable[[str], float]
    again: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one look came to. `over` says why it holds no longer, empty: it does."""

    newcomers: tuple[Newcomer, ...] = ()
    gone: tuple[str, ...] = ()
    over: str = ""


def look_after(crew: Crew, *, died: frozenset[str], seconds: float, look: Look) -> Change:
    """Bring the crew up to date with who is there; helpers for newcomers last `seconds` at most.

    Raises ReconcilerError where something of that fails; the next look tries again.
    """
    running = {one.id: one for one in crew.running()}
    over = _ended_elsewhere(crew, look.parts(), running)
    if over:
        return Change(over=over)
    gone = [one for one in crew.helpers if one.instance.id not in running or one.instance.id in died]
    for helper in gone:
        crew.forget(helper.instance.id)
    # A death is told before a listing shows it: who died is no newcomer in the same look.
    came = [one for one in running.values() if one.id not in died and _is_new(crew, one)]
    crew.expect(came, seconds, look.again)
    crew.welcome()
    newcomers = _hit(crew, look.age) if gone or came or crew.fresh else ()
    return Change(
        newcomers=newcomers,
        gone=tuple(one.name for one in gone),
        over="none of its victims is left" if not crew.helpers and crew.attack.follows is None else "",
    )


def _ended_elsewhere(crew: Crew, parts: Sequence[FaultPart], running: Mapping[str, Instance]) -> str:
    """A helper whose victim lives has ended well, or was taken away: somebody wants it to be over."""
    by_id = {part.id: part for part in parts}
    for helper in crew.helpers:
        part = by_id.get(helper.id)
        over = part is None or (not part.alive and part.exit_code == 0)
        if over and helper.instance.id in running:
            well = helper.hear("healed", time.monotonic() + _LAST_WORDS_SECONDS) is not None
            return "it was ended elsewhere" if well else f"its helper beside {helper.name} was killed, and put away"
    return ""


def _is_new(crew: Crew, one: Instance) -> bool:
    scope = crew.attack.follows
    return scope is not None and one.address is not None and not crew.knows(one.id) and scope.includes(one)


def _hit(crew: Crew, age: Callable[[str], float]) -> tuple[Newcomer, ...]:
    """First those who bite close themselves to the newcomers, at once; each of these, when its helper is ready."""
    if crew.attack.helper == "net":
        crew.rule()
    if crew.attack.cut is not None:
        for one in crew.expected:
            crew.shut_out.setdefault(one.id, age(one.id))
    hit = crew.bite()
    if hit and crew.attack.cut is not None:
        crew.rule()  # what is dropped where it arrives needn't be dropped where it is sent
    return tuple(
        Newcomer(name=one.name, seconds=age(one.instance.id), shut_out_seconds=crew.shut_out.get(one.instance.id))
        for one in hit
    )
