"""The keeper of faults beside a running loop: sees them, tells of them, cleans up after them, and runs the policies.

Before: wiring, which starts it in the loop's process with an engine client of its own. After: diary, policies, the
engine. The helpers' labels are all it knows of a fault, so it does as well for one whose program was killed.
Never here: anything that could disturb the loop: no lock of its, no call that it waits for, no exception that leaves.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue

from reconciler.chaos.diary import Diary
from reconciler.chaos.policies import Policies
from reconciler.chaos.policy import View
from reconciler.chaos.vanishing import Vanishing
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import EngineError
from reconciler.state.event import Event
from reconciler.state.faults import FaultPart, FaultSeen, group, is_leftover
from reconciler.state.instance import EngineState

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
_IDLE_SECONDS = 10.0
_GATHER_SECONDS = 0.02
_CLEAN_AGAIN_SECONDS = 10.0
_FOLLOW_AGAIN_SECONDS = 1.0
_AT_ONCE = 6
_REMEMBERED = 1000
_BY_SIGNAL = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the keeper works with. `events` are those told before; `put_away` removes a helper and undoes what it left
    (given the ids of all that run), and says what went wrong, if anything did; `look` is what policies see now.
    """

    engine: FaultEngine
    env: str
    events: Callable[[], Iterable[Event]]
    put_away: Callable[[FaultPart, frozenset[str]], str]
    look: Callable[[], View]
    wall: Callable[[], float] = time.time


class Keeper:
    """Two threads: one that looks, one that follows what befalls helpers and wakes it."""

    def __init__(self, hands: Hands, diary: Diary, policies: Policies) -> None:
        self._hands = hands
        self._diary = diary
        self._policies = policies
        self._seen: tuple[FaultSeen, ...] = ()
        self._heard: SimpleQueue[FaultPart] = SimpleQueue()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._done: dict[str, None] = {}
        self._owed: dict[str, FaultPart] = {}
        self._again_at: dict[str, float] = {}
        self._vanishing = Vanishing()
        self._unclear = False
        self._list_at = 0.0
        self._ticked_at = time.monotonic()
        self._bugs: set[type[Exception]] = set()
        self._threads = (
            threading.Thread(target=self._keep, name="faults", daemon=True),
            threading.Thread(target=self._follow, name="fault-events", daemon=True),
        )

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """End within about `timeout_seconds`; faults go on, and end by themselves."""
        self._stop.set()
        self._wake.set()
        give_up_at = time.monotonic() + timeout_seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, give_up_at - time.monotonic()))

    def faults(self) -> tuple[FaultSeen, ...]:
        """Those of the last look; for any thread."""
        return self._seen

    # ------------------------------------------------------------ the two threads

    def _keep(self) -> None:
        self._guarded(self._remember)
        while not self._stop.is_set():
            self._guarded(self.look)
            self._guarded(self.tick)
            self._wake.wait(_TICK_SECONDS)
            if self._wake.is_set():
                self._stop.wait(_GATHER_SECONDS)  # helpers come and go together

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._guarded(self._follow_once)
            self._stop.wait(_FOLLOW_AGAIN_SECONDS)

    def _follow_once(self) -> None:
        for part in self._hands.engine.fault_events(self._hands.env, self._stop):
            if part is not None:
                self._heard.put(part)
            self._wake.set()

    def _guarded(self, do: Callable[[], None]) -> None:
        """What goes wrong costs this turn only. That the engine doesn't answer, the loop tells better."""
        try:
            do()
        except EngineError as problem:
            log.debug("looking after faults: %s", problem)
            self._list_at = 0.0
        except Exception as bug:
            if type(bug) not in self._bugs:  # not each second again
                self._bugs.add(type(bug))
                log.exception("looking after faults failed in a way that nobody foresaw; it goes on")

    # ------------------------------------------------------------ one turn

    def _remember(self) -> None:
        told = tuple(self._hands.events())
        self._diary.remember(told)
        self._policies.remember(told)

    def look(self) -> None:
        """See what there is, tell what is new, clean up what is left over."""
        woken = self._wake.is_set()
        self._wake.clear()
        if not woken and not self._seen and not self._unclear and time.monotonic() < self._list_at:
            return
        parts = self._hands.engine.faults(self._hands.env)
        heard = [self._heard.get_nowait() for _ in range(self._heard.qsize())]
        self._list_at = time.monotonic() + _IDLE_SECONDS
        now = self._hands.wall()
        # Also of one that is listed still: while it is being removed, the list doesn't say how it ended.
        ends = [part for part in heard if part.state is EngineState.EXITED]
        self._owed |= {part.id: part for part in ends if part.ended_badly and part.id not in self._done}
        gone = [part for part in ends if part.id not in {one.id for one in parts}]
        self._seen = self._shown([*parts, *self._owed.values()], now)
        vanishing = self._vanishing.look(parts, heard, time.monotonic())
        self._unclear = bool(vanishing)
        self._diary.look([*parts, *vanishing, *gone, *self._owed.values()], now)
        self._clean([*(part for part in parts if is_leftover(part, now)), *self._owed.values()])
        if gone:
            self._diary.look([*parts, *vanishing, *self._owed.values()], now)

    def _shown(self, parts: list[FaultPart], now: float) -> tuple[FaultSeen, ...]:
        """Left over is what could not be put away: what has yet to be looked at (a helper ends badly with a victim that
        is replaced) needs nobody's help.
        """
        tried = {part.fault_id for part in parts if part.id in self._again_at}
        return tuple(fault if fault.id in tried else replace(fault, leftover=False) for fault in group(parts, now))

    def tick(self) -> None:
        """Let the policies look."""
        now, before = time.monotonic(), self._ticked_at
        self._ticked_at = now
        self._policies.tick(self._hands.look(), self._hands.wall(), now - before)

    def _clean(self, leftovers: Iterable[FaultPart]) -> None:
        """Each once where it works, else again after a while; what stays is told once."""
        due = {part.id: part for part in leftovers if self._is_due(part.id)}
        if not due:
            return
        first = [id for id in due if id not in self._again_at]
        self._again_at |= dict.fromkeys(due, time.monotonic() + _CLEAN_AGAIN_SECONDS)
        running = self._running()
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="cleaning") as pool:
            problems = [*pool.map(lambda part: self._put_away(part, running), due.values())]
        running &= self._running()  # an engine lists one that has just ended as running for a moment
        for part, problem in zip(due.values(), problems, strict=True):
            if problem and part.id in first:
                self._diary.aside(part, f"could not be cleaned up after: {problem}")
            elif not problem:
                self._finish(part, victim_runs=part.victim_id in running)
        self._wake.set()

    def _running(self) -> frozenset[str]:
        listing = self._hands.engine.listing(self._hands.env)
        return frozenset(one.id for group in listing.instances.values() for one in group if one.alive)

    def _put_away(self, part: FaultPart, running: frozenset[str]) -> str:
        try:
            return self._hands.put_away(part, running)
        except EngineError as problem:
            return str(problem)

    def _is_due(self, id: str) -> bool:
        return id not in self._done and time.monotonic() >= self._again_at.get(id, 0.0)

    def _finish(self, part: FaultPart, *, victim_runs: bool) -> None:
        del self._again_at[part.id]
        self._owed.pop(part.id, None)
        self._done[part.id] = None
        if len(self._done) > _REMEMBERED:
            self._done.pop(next(iter(self._done)))
        if victim_runs and (remark := _remark(part)):
            self._diary.aside(part, remark)


def _remark(part: FaultPart) -> str:
    """Nothing of one that undid everything itself."""
    if part.ended_badly:
        # What fails by itself exits; a signal's code is above 128 (docker run, "exit status").
        failed = part.exit_code is not None and part.exit_code < _BY_SIGNAL
        return f"{'failed' if failed else 'was killed'}: what it left is undone"
    if part.alive:
        return "stood there after its end: it is put away, and what it did is undone"
    return ""
