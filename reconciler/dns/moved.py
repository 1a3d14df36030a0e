"""Instances that were made before the DNS server had its container: they go on asking elsewhere, where nobody answers.

Before: cli.naming, which opens the name service. After: container.service, which answers; the store's notes, which
remember those instances over a restart. Never here: replacing them; that is the user's to decide.
"""

import logging

from reconciler.dns.around import Around
from reconciler.dns.container.service import stands
from reconciler.dns.skydns.registry import Notes
from reconciler.engine.ports import Engine, NameService

NOTE = "dns-moved"  # the ids, with blanks between them; it is there as long as the container is the server's place
_NAMED = 3

log = logging.getLogger(__name__)


def left_behind(engine: Engine, env: str, notes: Notes) -> frozenset[str]:
    """The ids of the instances that ask elsewhere than the server's container, which is about to be looked after.

    Kept in `notes`: once the container stands, nothing of an instance tells where it asks. Raises EngineError.
    """
    known = notes.notes().get(NOTE)
    if known is not None:
        return frozenset(known.split())
    found = frozenset() if stands(engine, env) else frozenset(_alive(engine, env))
    notes.note(NOTE, " ".join(sorted(found)))
    return found


def forget(notes: Notes) -> None:
    """The server has no container: who is made from now on would be left behind by one."""
    if NOTE in notes.notes():
        notes.note(NOTE, None)


class Moved(Around):
    """`answering`, which the instances `ids` don't ask: a problem for as long as one of them lives."""

    def __init__(self, answering: NameService, engine: Engine, env: str, notes: Notes, ids: frozenset[str]) -> None:
        super().__init__(answering)
        self._engine = engine
        self._env = env
        self._notes = notes
        self._ids = ids
        self._left = self._look()
        if self._left:
            log.warning("%s", self._own_problem())

    def look_after(self) -> None:
        """Start what isn't there or has died; see who is still left behind. Raises EngineError."""
        super().look_after()
        self._left = self._look()

    def _look(self) -> tuple[str, ...]:
        """The names of those that still live; the others are forgotten."""
        if not self._ids:
            return ()
        alive = _alive(self._engine, self._env)
        if not self._ids <= alive.keys():
            self._ids &= alive.keys()
            self._notes.note(NOTE, " ".join(sorted(self._ids)))
        return tuple(sorted(alive[id] for id in self._ids))

    def _own_problem(self) -> str:
        left = self._left
        if not left:
            return ""
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        were = "1 instance was" if len(left) == 1 else f"{len(left)} instances were"
        return (
            f"{were} made before the DNS server had its container, and can't resolve our names there "
            f"({', '.join(left[:_NAMED])}{more}): remove one after the other with `docker rm -f`; what is made in its "
            "place can"
        )


def _alive(engine: Engine, env: str) -> dict[str, str]:
    """Container names by id."""
    found = engine.listing(env).instances.values()
    return {instance.id: instance.container for instances in found for instance in instances}
