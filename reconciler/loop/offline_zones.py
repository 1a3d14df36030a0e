"""Closing and opening zones where no loop runs: straight into the store, where the next loop finds them.

Before: the command line. After: engine.store. Nothing moves until a loop runs.
Never here: a change under a loop that starts in this moment, or that doesn't answer: it would not see it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.engine.lock import Lock, acquire, holder
from reconciler.engine.store import FILE_NAME, Store
from reconciler.errors import LockHeld, ReconcilerError
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.offline import engine_id, look, scan
from reconciler.loop.settings import Settings
from reconciler.loop.workqueue import WorkQueue
from reconciler.loop.zones import Zones
from reconciler.plan.zoning import closing_remarks, insist_on_closing, insist_on_zone, known_zones

Tell = Callable[[str], None]
_STAND_BY_SECONDS = 3.0  # for another command like this one


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
    with _no_loop(settings):
        store = Store(settings.state / FILE_NAME, tell)
        try:
            zones = Zones(store, WorkQueue(), Chronicle(store).note, time.time)
            zones.now_closed()
            yield zones
            if not store.flush():
                raise ReconcilerError(f"nothing was changed: it can't be kept ({store.problem or 'the disk hangs'})")
        finally:
            store.close()


def _no_loop(settings: Settings) -> Lock:
    """The environment's lock. Raises LockHeld where a loop has it, which then isn't one that answers (yet)."""
    engine, late = engine_id(settings), threading.Event()
    timer = threading.Timer(_STAND_BY_SECONDS, late.set)
    timer.start()
    try:
        return acquire(engine, settings.env, wait=late)
    except LockHeld as error:
        pid = holder(engine, settings.env)
        who = f"process {pid}" if pid else "another process"
        raise LockHeld(
            f"nothing was changed: {who} runs environment {settings.env} and does not answer; if it has just been "
            f"started, try again, else `reconciler stop --env {settings.env}`"
        ) from error
    finally:
        timer.cancel()
