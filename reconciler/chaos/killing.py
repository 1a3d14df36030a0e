"""Killing on purpose: SIGKILL to all victims at once, and a look that they are dead.

Before: running. After: the engine; whatever replaces them can't tell this from an accident.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reconciler.chaos.situation import name_of
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import DoesNotBite
from reconciler.state.instance import EngineState, Instance

_AT_ONCE = 16
_DEAD_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.02


def kill(engine: FaultEngine, env: str, victims: Sequence[Instance]) -> None:
    """Returns when the engine shows none of them running. Raises DoesNotBite where one lives on."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="killing") as pool:
        list(pool.map(lambda victim: engine.signal(victim.id, "SIGKILL"), victims))
    ids = {one.id for one in victims}
    give_up_at = time.monotonic() + _DEAD_SECONDS
    while alive := [one for one in running(engine, env) if one.id in ids]:
        if time.monotonic() >= give_up_at:
            raise DoesNotBite(f"{name_of(alive[0])} still runs {_DEAD_SECONDS:g} s after SIGKILL")
        time.sleep(_LOOK_AGAIN_SECONDS)


def note_kills(note: Callable[[str, str, str], None], says: str, victims: Sequence[Instance]) -> None:
    """One event for each: what follows in the log of events is its consequence."""
    for victim in victims:
        note(victim.cluster, name_of(victim), f"killed on purpose: {says}")


def running(engine: FaultEngine, env: str) -> tuple[Instance, ...]:
    """Every instance of the environment that runs now."""
    everyone = engine.listing(env).instances.values()
    return tuple(one for group in everyone for one in group if one.state in (EngineState.RUNNING, EngineState.PAUSED))
