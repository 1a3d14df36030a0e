"""A pass that finds nothing to do, over environments of growing size: its cost has to grow with them, not faster.

Before: the loop turned by hand (tests.loop.turning), with names in memory and an engine that answers from memory.
After: the table. Nothing outside of this process takes part.
"""

import gc
import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, cast

from reconciler.loop.workqueue import ALL
from reconciler.plan.actions import Action
from reconciler.state.instance import EngineState
from tests.bench.values import Row, Samples, figure, samples, slower_at_most
from tests.loop.turning import BASE, Turning
from tests.support.fake_box import Box
from tests.support.fake_engine import FakeEngine

SIZES = (250, 500, 1000, 2000)
ROUNDS = 15
_CLUSTER_SIZE = 10
_SPEC = f"image: {BASE}\nsize: {_CLUSTER_SIZE}\nzones: [az1, az2, az3]\nports: [8080]\n"
_FIRST_ADDRESS = IPv4Address("172.16.0.2")


class LargeEngine(FakeEngine):
    """Without what costs tests the square of the containers: the engine's past, conflicts, who runs at each event."""

    def __init__(self, turning: Turning) -> None:
        super().__init__(clock=turning.time, images=turning.engine.known)
        self._hosts = itertools.count()

    def _remember(self) -> None:
        """Nobody asks this one for an old listing."""

    def _start(self, box: Box) -> None:
        box.state, box.started_at = EngineState.RUNNING, self.clock()
        box.address = str(_FIRST_ADDRESS + next(self._hosts))
        self._tell(box, "start")


def measure(_engine_url: str) -> Iterator[Row]:
    """All sizes in turns."""
    found: dict[int, list[float]] = {size: [] for size in SIZES}
    with tempfile.TemporaryDirectory(prefix="bench-") as place, ExitStack() as stack:
        worlds = {size: _world(size, Path(place) / str(size), stack) for size in SIZES}
        gc.collect()
        gc.freeze()  # a pass over one size must not pay for what lies about of the others
        stack.callback(gc.unfreeze)
        for _ in range(ROUNDS):
            for size, turning in worlds.items():
                found[size].append(_pass(turning, size))
    by_size = {size: samples(times, "ms") for size, times in found.items()}
    yield figure(
        "1,000 instances: CPU of a pass with nothing to do", by_size[1000],
        "processor time of the deciding thread's whole turn: files, listing, decision, status; all instances beat and "
        f"have their names; the engine answers from memory; {_smaller(by_size)}.",
    )  # fmt: skip
    yield slower_at_most(
        "the same with 2,000 instances", by_size[2000], by_size[1000], 2.2,
        "the same turn over twice as much, in turns; the yardstick is the line above.",
    )  # fmt: skip


def _smaller(by_size: dict[int, Samples]) -> str:
    said = [f"{found.show(found.median)} with {size}" for size, found in by_size.items() if size < 1000]
    return " and ".join(said)


def _world(size: int, root: Path, stack: ExitStack) -> Turning:
    """An environment that is as its specs want it, brought up by its own loop."""
    root.mkdir()
    turning = Turning(root)
    turning.engine = LargeEngine(turning)
    for number in range(size // _CLUSTER_SIZE):
        turning.save(f"web{number}", _SPEC)
    stack.callback(turning.end)
    turning.start()
    turning.engine.watchers.append(turning.loop._on_event)
    _work_at_once(turning)
    turning.settle()
    return turning


def _work_at_once(turning: Turning) -> None:
    """Carry actions out where they are handed out: thousands of them, none of which waits for anything."""
    executor = turning.loop._executor

    def submit(actions: Iterable[Action]) -> None:
        for action in actions:
            executor._on_done(executor._run(action))
            executor._on_free(action.cluster)

    cast("Any", executor).submit = submit


def _pass(turning: Turning, size: int) -> float:
    """Processor seconds of one turn over everything; fails if it does anything."""
    loop, before = turning.loop, len(turning.engine.calls)
    gc.collect()
    began = time.thread_time()
    loop.turn(frozenset({ALL}), frozenset())
    seconds = time.thread_time() - began
    assert turning.quiet(), turning.picture()
    assert len(turning.names.published()) == size, f"{len(turning.names.published())} of {size} names are published"
    assert all(call == "listing" for call, _ in turning.engine.calls[before:]), turning.engine.calls[before:]
    return seconds
