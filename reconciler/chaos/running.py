"""A fault in force: begun, kept, looked at, ended; and everything undone whatever happens on the way.

Before: director. After: crew (helpers), killing, sight and checking (does it bite), holding (newcomers), healing.
One lock: what the watcher does and what the caller does never happen at once.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from reconciler.chaos import healing
from reconciler.chaos.attack import Attack
from reconciler.chaos.checking import check
from reconciler.chaos.crew import Crew
from reconciler.chaos.eligible import insist_on_agreement
from reconciler.chaos.holding import Look, look_after
from reconciler.chaos.killing import kill, note_kills
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.report import Report
from reconciler.chaos.sight import Sight
from reconciler.chaos.situation import name_of
from reconciler.chaos.undisturbed import undisturbed
from reconciler.chaos.watching import Watcher
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import DoesNotBite, EngineError
from reconciler.state.faults import group

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a running fault needs of the outside; see Director."""

    engine: FaultEngine
    env: str
    note: Callable[[str, str, str], None]
    close_zone: Callable[[str, float, str], None]
    open_zone: Callable[[str], None]
    tell: Callable[[str], None]
    stop: threading.Event


class Running:
    """One fault, from `begin` to `end`. `over` is set when it holds no longer before that: `why_over`."""

    def __init__(self, means: Means, attack: Attack, fault_id: str, *, until: float, ttl_seconds: float) -> None:
        self.attack = attack
        self.fault_id = fault_id
        self.over = threading.Event()
        self.why_over = ""
        self._means = means
        self._ends_at = time.monotonic() + ttl_seconds
        self._crew = Crew(means.engine, means.env, attack, fault_id, until)
        self._sight = Sight(attack, self._crew)
        self._watcher = Watcher(means.engine, means.env, self._look)
        self._lock = threading.RLock()
        self._eyes = Look(parts=lambda: means.engine.faults(means.env), age=self._age, again=self._watcher.wake)
        self._bitten_at = 0.0
        self._unseen = False
        self._zone_closed = False
        self._ended = False
        self._report = Report(
            fault_id=fault_id,
            kind=attack.kind,
            says=attack.says,
            victims=attack.names,
            spared=tuple(name_of(one) for one in attack.spared),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def report(self) -> Report:
        """What is known of it so far."""
        return self._report

    # ------------------------------------------------------------ the beginning

    def begin(self) -> None:
        """Raises DoesNotBite and other ReconcilerErrors; then `end` undoes what was done."""
        attack = self.attack
        self._insist_on_going_on()
        if attack.closes is not None:
            self._zone_closed = True
            self._means.close_zone(attack.closes, attack.seconds, f"{attack.kind} {self.fault_id}")
            self._insist_on_going_on()
        if attack.helper is None:
            self._kill()
            return
        with self._lock:
            self._stage()
            self._bite()
        self._watcher.start()

    def _kill(self) -> None:
        note_kills(self._means.note, self.attack.says, self.attack.victims)
        begun = time.monotonic()
        kill(self._means.engine, self._means.env, self.attack.victims)
        self._learn(in_force_seconds=time.monotonic() - begun)

    def _stage(self) -> None:
        """Helpers beside all victims, harmless yet."""
        begun = time.monotonic()
        count = len(self.attack.victims)
        self._means.tell(f"staging {count} helper{'s' if count > 1 else ''}")
        self._crew.stage(self.attack.victims, self._left())
        self._insist_on_going_on()
        self._insist_on_being_alone()
        if not self._crew.helpers:
            raise DoesNotBite(f"{self.attack.kind}: every victim ended before it could be hit")
        if self.attack.cut is not None:
            apart = self._sight.look_before(self._forget_gone)
            if apart:
                self._learn(checks=(f"{apart} pairs did not reach each other even before",))
        if self.attack.helper == "net":
            self._crew.rule()
        self._learn(staged_seconds=time.monotonic() - begun)

    def _insist_on_going_on(self) -> None:
        if self._means.stop.is_set():
            raise KeyboardInterrupt

    def _insist_on_being_alone(self) -> None:
        """Two that began at the same moment saw nothing of each other then: they do now, and nothing is felt yet."""
        everyone = group(self._means.engine.faults(self._means.env), time.time())
        others = [fault for fault in everyone if fault.id != self.fault_id]
        insist_on_agreement(self.attack.kind, self.attack.victims, others)

    def _bite(self) -> None:
        """All at one instant; then look whether it is as meant."""
        begun = time.monotonic()
        self._means.tell("biting")
        self._crew.bite()
        self._bitten_at = time.monotonic()
        if self.attack.cut is None:
            self._learn(checks=check(self.attack, self._crew.helpers))
        else:
            meant, found = self._sight.under_the_cut(self._forget_gone)
            self._learn(meant=meant, found=found)
            _insist(self.attack, meant, found)
        self._learn(in_force_seconds=time.monotonic() - begun)

    def _forget_gone(self) -> bool:
        """Who ends while nobody looks after newcomers: a helper in what is left of its network is heard by nobody.

        Never enough: the next look leaves them out.
        """
        with suppress(EngineError):  # then they are asked once more
            self._learn(gone=(*self._report.gone, *self._crew.forget_gone()))
        return False

    def _age(self, id: str) -> float:
        """For how long an instance might have been hit: since its start, or since the fault is in force."""
        return min(self._means.engine.up_seconds(id), time.monotonic() - self._bitten_at)

    def _left(self) -> float:
        return max(1.0, self._ends_at - time.monotonic())

    # ------------------------------------------------------------ while it holds

    def _look(self, died: frozenset[str]) -> None:
        """The watcher's: bring everything up to date."""
        with self._lock:
            if self._ended or self.over.is_set():
                return
            change = look_after(self._crew, died=died, seconds=self._left(), look=self._eyes)
            known = self._report
            self._learn(newcomers=(*known.newcomers, *change.newcomers), gone=(*known.gone, *change.gone))
            if change.over:
                self.why_over = change.over
                self.over.set()
                return
            self._unseen = self._unseen or bool(change.newcomers or change.gone)
            if self._unseen and self.attack.cut is not None:
                self._see_again()

    def _see_again(self) -> None:
        """Whether all is as meant after a change. Whoever comes or goes meanwhile is looked after first."""
        meant, found = self._sight.under_the_cut(lambda: self._watcher.awake)
        self._unseen = self._watcher.awake and bool(meant.differences(found))
        if not self._unseen:
            self._learn(meant=meant, found=found)

    # ------------------------------------------------------------ the end

    def end(self) -> Report:
        """Undo it and look that it is undone; done where it is over. Interrupting it doesn't keep it from ending.

        Raises ReconcilerError where something is left.
        """
        undisturbed(self._end)
        return self._report

    def _end(self) -> None:
        self._watcher.close()
        with self._lock:
            if self._ended:
                return
            self._ended = True
            try:
                if self.attack.helper is not None:
                    self._heal()
            finally:
                if self._zone_closed and self.attack.closes is not None:
                    self._means.open_zone(self.attack.closes)

    def _heal(self) -> None:
        self._means.tell("healing")
        begun = time.monotonic()
        try:
            if self.attack.cut is not None and self._report.in_force_seconds is not None:
                self._crew.relax()
                meant, found = self._sight.afterwards(self._forget_gone)
                left = tuple(f"{a} -> {b}" for a, b in meant.differences(found))
                self._learn(healed_seconds=time.monotonic() - begun, unhealed=left)
            self._crew.heal()
            if self._report.healed_seconds is None:
                self._learn(healed_seconds=time.monotonic() - begun)
        finally:
            healing.put_away(self._means.engine, self._means.env, [self.fault_id])

    def _learn(self, **news: Any) -> None:
        self._report = replace(self._report, **news)


def _insist(attack: Attack, meant: Matrix, found: Matrix) -> None:
    """Raises DoesNotBite where what was found isn't what is meant."""
    wrong = meant.differences(found)
    if not wrong:
        return
    words = [f"{a} {'does not reach' if meant.reaches[a, b] else 'still reaches'} {b}" for a, b in wrong[:_SHOWN]]
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    raise DoesNotBite(
        f"{attack.says} does not bite: {', '.join(words)}{more}, of {len(meant.reaches)} pairs; it is undone"
    )
