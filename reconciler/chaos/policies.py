"""The policies of a running environment: what they remember between looks, what they tell, and the kill itself.

Before: keeper, once a second. After: policy (the decision), the engine, events. Never here: a second try of a kill.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random

from reconciler.chaos.history import cause_of, past_kills
from reconciler.chaos.policy import Kill, Moment, PastKill, Refusal, View, decide
from reconciler.errors import EngineError
from reconciler.state.event import Event

Note = Callable[[str, str, str], None]
"""Keeps an event: of which cluster (empty: of several), about what, why."""

_KEPT_SECONDS = 40 * 86_400.0  # beyond the longest interval
UNWATCHED_SECONDS = 5.0
"""After a longer pause (this process was stopped, the laptop slept) what is known is old: it is no time to kill."""


class Policies:
    """One thread's. `kill` takes a container's full id; `local` makes local time of Unix seconds."""

    def __init__(
        self, note: Note, kill: Callable[[str], None], local: Callable[[float], datetime], rng: Random
    ) -> None:
        self._note = note
        self._kill = kill
        self._local = local
        self._rng = rng
        self._past: list[PastKill] = []
        self._told: dict[str, Refusal] = {}
        self._hit: dict[str, str] = {}

    def remember(self, events: Iterable[Event]) -> None:
        """Take up what earlier loops did."""
        self._past = list(past_kills(events))

    def tick(self, view: View, at: float, elapsed_seconds: float) -> None:
        """One look at `at` (Unix seconds), `elapsed_seconds` after the one before."""
        if elapsed_seconds > UNWATCHED_SECONDS:
            return
        self._past = [kill for kill in self._past if kill.at > at - _KEPT_SECONDS]
        now = Moment(at=at, local=self._local)
        turn = decide(self._with_pending(view), self._past, now, elapsed_seconds=elapsed_seconds, rng=self._rng)
        self._tell(turn.refusals)
        if turn.kill is not None:
            self._carry_out(turn.kill, at)

    def _with_pending(self, view: View) -> View:
        """Whoever was hit and is listed still: the view is older than the kill, and says nothing of its outcome."""
        listed = {one.id for member in view.members for one in member.candidates}
        self._hit = {id: name for id, name in self._hit.items() if id in listed}
        pending = {id: f"{name} was hit a moment ago" for id, name in self._hit.items()}
        return replace(view, troubles={**view.troubles, **pending}) if pending else view

    def _tell(self, refusals: Mapping[str, Refusal]) -> None:
        for cluster, refusal in refusals.items():
            before = self._told.get(cluster)
            if before is None or before.key != refusal.key:
                self._note(cluster, cluster, f"not terminating: {refusal.sentence}")
        self._told = dict(refusals)

    def _carry_out(self, kill: Kill, at: float) -> None:
        """First told, then done: a kill that nobody was told of would be forgotten by the next loop."""
        victim = kill.victim
        self._past.append(PastKill(at=at, cluster=kill.cluster, instance=victim.name, leashed=kill.leashed))
        self._note(kill.cluster, victim.name, cause_of(kill))
        if kill.leashed:
            return
        self._hit[victim.id] = victim.name
        try:
            self._kill(victim.id)
        except EngineError as problem:
            del self._hit[victim.id]
            self._note(kill.cluster, victim.name, f"was not terminated after all: {problem}")
