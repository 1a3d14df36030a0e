"""The keeper of faults put beside a loop: what it sees of the loop, and with whose hands it works.

Before: wiring. After: chaos.keeper. The loop and chaos know nothing of each other; whatever passes between them is
made here.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random

from reconciler.chaos.diary import Diary
from reconciler.chaos.healing import put_away_part
from reconciler.chaos.keeper import Hands, Keeper
from reconciler.chaos.policies import Policies
from reconciler.chaos.policy import View
from reconciler.cli.policy_view import has_policies, view
from reconciler.engine.fault_ports import FaultEngine
from reconciler.loop.runner import Loop
from reconciler.loop.settings import Settings

_EVENTS = 10_000
_PASSES_MISSED = 3
_GRACE_SECONDS = 5.0


def keeper_of(engine: FaultEngine, settings: Settings, loop: Callable[[], Loop]) -> Keeper:
    """A keeper, not started yet. `loop` gives the loop, from the keeper's start on."""

    def note(cluster: str, subject: str, cause: str) -> None:
        loop().note(cluster, subject, cause)

    hands = Hands(
        engine=engine,
        env=settings.env,
        events=lambda: loop().events(0, None, _EVENTS),
        put_away=partial(put_away_part, engine, settings.env),
        look=Sight(loop, settings.resync_seconds).look,
    )
    policies = Policies(note, lambda id: engine.signal(id, "SIGKILL"), local_time, Random())  # noqa: S311  # no secret
    return Keeper(hands, Diary(note, local_time), policies)


def local_time(at: float) -> datetime:
    """Unix seconds as this machine's local time."""
    return datetime.fromtimestamp(at, UTC).astimezone()


class Sight:
    """What policies see of a loop. A loop that makes no passes shows a world that may be long gone."""

    def __init__(self, loop: Callable[[], Loop], resync_seconds: float) -> None:
        self._loop = loop
        self._patience_seconds = resync_seconds * _PASSES_MISSED + _GRACE_SECONDS
        self._passes = 0
        self._passed_at = time.monotonic()

    def look(self) -> View:
        """The world of the last pass."""
        loop, now = self._loop(), time.monotonic()
        if loop.passes != self._passes:
            self._passes, self._passed_at = loop.passes, now
        world = loop.wanted()
        if not has_policies(world):
            return View()
        quiet = now - self._passed_at
        stale = f"the loop has not looked for {quiet:.0f} s" if quiet > self._patience_seconds else ""
        return view(world, loop.status(), stale)
