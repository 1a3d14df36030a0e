"""Closing and opening zones where no loop runs: straight into the store, where the next loop finds them.

Before: the command line. After: engine.store. Nothing moves until a loop runs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.engine.store import FILE_NAME, Store
from reconciler.errors import ReconcilerError
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.offline import look, scan
from reconciler.loop.settings import Settings
from reconciler.loop.workqueue import WorkQueue
from reconciler.loop.zones import Zones
from reconciler.plan.zoning import closing_remarks, insist_on_closing, insist_on_zone, known_zones

Tell = Callable[[str], None]


def close_offline(settings: Settings, zone: str, seconds: float | None, why: str, tell: Tell) -> tuple[str, ...]:
    """What a person should know of it. Raises UsageError, EngineError, ReconcilerError where it can't be kept."""
    insist_on_closing(seconds, why)
    with _zones(settings, zone, tell) as zones:
        zones.close(zone, seconds, why)
        return closing_remarks(scan(settings), zones.standing, zone)


def open_offline(settings: Settings, zone: str, tell: Tell) -> bool:
    """False where it was open. Raises UsageError, EngineError, ReconcilerError where it can't be kept."""
    with _zones(settings, zone, tell) as zones:
        return zones.open(zone)


@contextmanager
def _zones(settings: Settings, zone: str, tell: Tell) -> Iterator[Zones]:
    """The closed zones, on disk when the block ends. `tell` hears of a disk that can't be written."""
    world = scan(settings)
    observed = look(settings, world)[0]
    insist_on_zone(zone, known_zones(world, observed, observed.closed_zones))
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.state / FILE_NAME, tell)
    try:
        zones = Zones(store, WorkQueue(), Chronicle(store).note, time.time)
        zones.now_closed()
        yield zones
        if not store.flush():
            raise ReconcilerError(f"nothing was changed: it can't be kept ({store.problem or 'the disk hangs'})")
    finally:
        store.close()
