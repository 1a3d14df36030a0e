"""What a loop works with, as one value: the ports, the listener, the store, and who looks after them.

Before: assembly (the real ones), tests (some of their own). After: runner.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.engine.heartbeats import HeartbeatListener
from reconciler.engine.ports import Engine, EngineInfo, Names, Network
from reconciler.engine.registries import NoRegistries, Registries
from reconciler.engine.steps import Maker, no_boundary
from reconciler.engine.steps import Register as RegisterPort
from reconciler.engine.store import Store
from reconciler.loop.clock import AttendedClock
from reconciler.loop.workqueue import WorkQueue
from reconciler.state.faults import FaultSeen


def no_problem() -> str:
    """All is well."""
    return ""


def no_faults() -> tuple[FaultSeen, ...]:
    """Nobody looks for any."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the loop works with; the command line puts the real ones in, tests some of their own.

    `guardians` are called at every resync: each looks after a service (DNS, API) and starts it again where it died.
    `faults` are those made on purpose, for status alone: no decision reads them.
    `wall` is the time of day in Unix seconds; `clock` is what silence and back-off are counted by.
    `names_problem` says why names don't answer, empty where they do; `nameservers` are what containers ask for them.
    """

    engine: Engine
    engine_info: EngineInfo
    network: Network
    names: Names
    store: Store
    listener: HeartbeatListener
    clock: AttendedClock
    make: Maker
    register: RegisterPort
    queue: WorkQueue
    guardians: tuple[Callable[[], None], ...] = ()
    boundary: Callable[[str], None] = no_boundary
    names_problem: Callable[[], str] = no_problem
    nameservers: tuple[str, ...] = ()
    faults: Callable[[], tuple[FaultSeen, ...]] = no_faults
    wall: Callable[[], float] = time.time
    registries: Registries = field(default_factory=NoRegistries)
