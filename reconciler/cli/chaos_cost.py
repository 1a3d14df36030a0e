"""What a fault cost: who ended or was replaced meanwhile, and how long until all was ready again.

Before: chaos_course. After: the engine's listing, the loop's status. Without a loop nobody replaces anything.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.chaos.attack import Attack
from reconciler.chaos.situation import name_of
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import EngineUnavailable, LoopNotRunning, TransientError
from reconciler.plan.status import WorldStatus

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`ended`: ran before and are gone; `replaced`: another container stands under the name by now.

    `ready_seconds`: from the blow (of a kill) or the end (of what holds) until all was ready; None: not in the time
    that was waited, or nobody could tell. `waited_seconds` is that time, 0: it wasn't waited. `alone`: no loop runs.
    """

    ended: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    bystanders: tuple[str, ...] = ()
    ready_seconds: float | None = None
    waited_seconds: float = 0.0
    alone: bool = False


class Meter:
    """Remembers who ran before. `look` gives the loop's status; None: no loop runs (`alone`)."""

    def __init__(self, engine: FaultEngine, env: str, look: Callable[[], WorldStatus] | None) -> None:
        self._engine = engine
        self._env = env
        self._look = look
        self._before = self._running()

    @property
    def alone(self) -> bool:
        """No loop runs."""
        return self._look is None

    def settled(self, attack: Attack, blow_at: float, wait_seconds: float, stop: threading.Event) -> Cost:
        """What it cost, at the latest when `wait_seconds` are over."""
        wait_seconds = 0.0 if self.alone else wait_seconds
        since = blow_at if attack.helper is None else time.monotonic()
        give_up_at = time.monotonic() + wait_seconds
        ready_at = None
        gone = {one.id for one in attack.victims} if attack.helper is None else set()
        while wait_seconds and ready_at is None and not stop.is_set():
            if self._all_ready(gone):
                ready_at = time.monotonic()
            elif time.monotonic() >= give_up_at or stop.wait(_LOOK_SECONDS):
                break
        now = self._running()
        ended = tuple(sorted(name for name, id in self._before.items() if now.get(name) != id))
        return Cost(
            ended=ended,
            replaced=tuple(name for name in ended if name in now),
            bystanders=tuple(name for name in ended if name not in attack.names),
            ready_seconds=None if ready_at is None else ready_at - since,
            waited_seconds=wait_seconds,
            alone=self.alone,
        )

    def _running(self) -> dict[str, str]:
        everyone = self._engine.listing(self._env).instances.values()
        return {name_of(one): one.id for group in everyone for one in group if one.alive}

    def _all_ready(self, gone: set[str]) -> bool:
        """By the loop's word; not while it still speaks of those who were killed."""
        if self._look is None:
            return False
        try:
            world = self._look()
        except (LoopNotRunning, EngineUnavailable, TransientError):
            return False
        here = {one.id for cluster in world.clusters for one in cluster.instances}
        return not here & gone and all(cluster.all_ready for cluster in world.clusters)
