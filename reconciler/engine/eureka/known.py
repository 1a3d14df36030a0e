"""What is known of one place, from answers that come when they come and from what we said meanwhile.

Before: follower's threads. After: views. An answer that was asked for before we last said something is passed over:
it may not know of that. Nor may a later one: Eureka answers from a cache, by default of half a minute. So of the same
lease at the same server our word is believed for a while, or it would be told again with each answer.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from reconciler.engine.eureka.answers import Entry
from reconciler.engine.registries import View
from reconciler.state.registered import OUT_OF_SERVICE, Registered

BELIEVED_SECONDS = 3.0  # attended time since the last answer
TOLD_SECONDS = 5.0  # so long an answer that knows nothing of what we said is taken for an old one


class Known:
    """Safe for several threads."""

    def __init__(self, place: str, clock: Callable[[], float]) -> None:
        self._place = place
        self._clock = clock
        self._lock = threading.Lock()
        self._said = 0
        self._answered_at: float | None = None
        self._failing_since: float | None = None
        self._problem = ""
        self._complained = ""
        self._instances: Mapping[str, Registered] = {}
        self._told: dict[str, tuple[float, str]] = {}  # by entry: when something was said last, and to which server

    def view(self, now: float) -> View:
        """What may be believed at `now`; a problem is one only when it has lasted as long as an answer is believed."""
        with self._lock:
            known = self._answered_at is not None and not self._stale(now)
            problem = self._problem if self._failing_since is not None and self._stale(now) else ""
            return View(known=known, problem=problem, instances=self._instances if known else {})

    def _stale(self, now: float) -> bool:
        last = self._failing_since if self._answered_at is None else self._answered_at
        return last is not None and now - last > BELIEVED_SECONDS

    def began(self) -> int:
        """To be given to `learn`: what was said until now."""
        with self._lock:
            return self._said

    def learn(self, entries: Iterable[Entry], began: int, server: str = "") -> bool:
        """An answer of a server; whether something is otherwise than before."""
        with self._lock:
            now = self._clock()
            if began != self._said:
                return False
            before, recovered = self._instances, self._answered_at is None or self._failing_since is not None
            self._told = {entry: (at, by) for entry, (at, by) in self._told.items() if now - at < TOLD_SECONDS}
            self._instances = {entry.address: self._registered(entry, now, server) for entry in entries}
            self._answered_at, self._failing_since = now, None
            self._problem = self._complained = ""
            return recovered or self._instances != before

    def fail(self, problem: str) -> bool:
        """Nobody answered; whether what may be believed is otherwise than before by that."""
        with self._lock:
            now = self._clock()
            if self._failing_since is None:
                self._failing_since = now
            self._problem = problem
            if not self._stale(now) or problem == self._complained:
                return False
            self._complained = problem
            return True

    def told(self, entry: str, status: str | None, server: str = "") -> None:
        """We said that an instance is held out or no more, and the server did it; None: there is no such instance."""
        with self._lock:
            now = self._clock()
            self._said += 1
            self._told[entry] = (now, server)
            after = dict(self._instances)
            for address, seen in self._instances.items():
                if seen.entry == entry and status is None:
                    del after[address]
                elif seen.entry == entry and status is not None:
                    held_out = status == OUT_OF_SERVICE
                    after[address] = replace(seen, status=status, held_out=held_out, since=now)
            self._instances = after

    def _registered(self, entry: Entry, now: float, server: str) -> Registered:
        """Of several at one address the last is meant: a lease outlives its container, its address doesn't."""
        found = Registered(
            status=entry.status, held_out=entry.held_out, place=self._place, entry=entry.id, since=now, born=entry.born
        )
        before = self._instances.get(entry.address)
        if before is None or replace(before, since=now) == found:
            return before or found
        lease = (before.entry, before.born) == (found.entry, found.born)
        told = self._told.get(entry.id, (now, None))[1] == server
        return before if lease and told and before.held_out != found.held_out else found
