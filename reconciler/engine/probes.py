"""Probing from outside, for images that know nothing of us: one thread, however many targets.

Before: the loop, which says whom to probe. After: state.beats (Sounding), read by each pass, and a callback
that makes the loop look at a cluster. A server that hangs costs one socket until its own time limit, and
nobody else's turn. Redirects are answers like others and are not followed. Nothing here decides about
instances.
"""

import heapq
import logging
import math
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock, Thread

from reconciler.engine.probe_attempt import Attempt, Target
from reconciler.state.beats import Sounding

__all__ = ["Prober", "Target"]

log = logging.getLogger(__name__)

MOST_AT_ONCE = 256
_LONGEST_WAIT_SECONDS = 1.0
_SOONEST_SECONDS = 0.05
_WAITED_SHARE = 0.05


class Prober:
    """Probes of one environment. `clock` gives seconds of attended time, in which soundings are dated.

    `on_change(cluster)` is called in the prober's thread when an instance begins to succeed, or has failed
    as often in a row as its probe allows.
    """

    def __init__(self, clock: Callable[[], float], on_change: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._lock = Lock()
        self._targets: dict[str, Target] = {}
        self._soundings: dict[str, Sounding] = {}
        self._thread: Thread | None = None
        self._waker: socket.socket | None = None

    def start(self) -> None:
        """Begin to probe, in a thread of its own."""
        self.stop()
        ours, theirs = socket.socketpair()
        ours.settimeout(0.0)
        theirs.settimeout(0.0)
        self._waker = ours
        self._thread = Thread(target=_Round(self, theirs).run, name="probes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Break off what is under way and end the thread; targets and soundings stay."""
        waker, self._waker = self._waker, None
        if waker is not None:
            waker.close()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=5)

    def alive(self) -> bool:
        """Whether the thread runs; while it doesn't, a missing sounding means nothing."""
        return self._thread is not None and self._thread.is_alive()

    def watch(self, targets: Mapping[str, Target]) -> None:
        """Probe these from now on, by container id; what was found of one that is gone is forgotten."""
        with self._lock:
            fresh = targets.keys() - self._targets.keys()
            self._targets = dict(targets)
            self._soundings = {id_: sounding for id_, sounding in self._soundings.items() if id_ in targets}
        if fresh and self._waker is not None:
            with suppress(OSError):
                self._waker.send(b"n")

    def soundings(self) -> Mapping[str, Sounding]:
        """What probing has found so far, by container id; nothing of one that was not probed yet."""
        with self._lock:
            return dict(self._soundings)

    def sounding_of(self, id_: str) -> Sounding | None:
        """What probing has found of one container; None while nothing was."""
        with self._lock:
            return self._soundings.get(id_)

    def targets(self) -> Mapping[str, Target]:
        """Who is probed now."""
        with self._lock:
            return self._targets

    def record(self, id_: str, target: Target, problem: str) -> None:
        """One probe's end: `problem` is empty after a success. Called by the prober's own thread."""
        with self._lock:
            if self._targets.get(id_) != target:
                return  # removed, or probed in another way meanwhile
            before = self._soundings.get(id_) or Sounding(last_success_at=None, failures=0)
            if problem:
                after = replace(before, failures=before.failures + 1, problem=problem)
                changed = after.failures == target.probe.misses
            else:
                after = Sounding(last_success_at=self._clock(), failures=0)
                changed = before.last_success_at is None or before.failures >= target.probe.misses
            self._soundings[id_] = after
        if changed:
            self._tell(target.cluster)

    def _tell(self, cluster: str) -> None:
        try:
            self._on_change(cluster)
        except Exception:
            log.exception("probes: nobody could be told that %s changed", cluster)


class _Round:
    """The thread's own state: what is due, and the attempts under way. Nobody else touches it."""

    def __init__(self, prober: Prober, wake: socket.socket) -> None:
        self._prober = prober
        self._wake = wake
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, str]] = []
        self._known: dict[str, float] = {}
        """Who has a place in `_due`, each with the instant since when its first success is waited for."""
        self._attempts: dict[str, Attempt] = {}
        self._first_deadline = math.inf  # no later than the earliest: a look too early is cheap

    def run(self) -> None:
        """Probe until the other end of `wake` is closed."""
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        try:
            while self._turn():
                pass
        except Exception:
            log.exception("probes: the prober's thread died")
        finally:
            for attempt in self._attempts.values():
                attempt.close()
            self._selector.close()
            self._wake.close()

    def _turn(self) -> bool:
        self._learn()
        self._begin()
        for key, _ in self._selector.select(self._wait_seconds()):
            if key.data is None:
                if not self._awake():
                    return False
            else:
                self._advance(key.data)
        self._expire()
        return True

    def _awake(self) -> bool:
        try:
            return bool(self._wake.recv(1024))
        except BlockingIOError:
            return True

    def _learn(self) -> None:
        """New targets are due at once; those that are gone fall out when their turn comes."""
        for id_ in self._prober.targets().keys() - self._known.keys():
            self._known[id_] = time.monotonic()
            heapq.heappush(self._due, (self._known[id_], id_))

    def _begin(self) -> None:
        targets = self._prober.targets()
        now = time.monotonic()
        while self._due and self._due[0][0] <= now and len(self._attempts) < MOST_AT_ONCE:
            _, id_ = heapq.heappop(self._due)
            target = targets.get(id_)
            if target is None:
                self._known.pop(id_, None)
                continue
            heapq.heappush(self._due, (now + self._pause_seconds(id_, target, now), id_))
            if id_ not in self._attempts:
                attempt = self._attempts[id_] = Attempt(id_, target, now)
                self._first_deadline = min(self._first_deadline, attempt.deadline)
                self._settle(attempt)

    def _pause_seconds(self, id_: str, target: Target, now: float) -> float:
        """Until the first success a share of the time that it has been waited for: who starts fast is seen fast, and
        who starts slowly costs no more than a few dozen attempts before the interval is reached.
        """
        interval = target.probe.interval_seconds
        sounding = self._prober.sounding_of(id_)
        if sounding is not None and sounding.last_success_at is not None:
            return interval
        return min(interval, max(_SOONEST_SECONDS, (now - self._known[id_]) * _WAITED_SHARE))

    def _advance(self, attempt: Attempt) -> None:
        if not attempt.finished:
            attempt.advance()
            self._settle(attempt)

    def _settle(self, attempt: Attempt) -> None:
        """Wait for what the attempt needs next, or record what came of it."""
        verdict = attempt.take_verdict()
        if verdict is not None:
            self._prober.record(attempt.id, attempt.target, verdict)
        wanted = 0 if attempt.finished else attempt.events
        present = attempt.registered
        if wanted and not present:
            self._selector.register(attempt.socket, wanted, attempt)
        elif wanted and wanted != present:
            self._selector.modify(attempt.socket, wanted, attempt)
        elif not wanted and present:
            self._selector.unregister(attempt.socket)
        attempt.registered = wanted
        if attempt.finished:
            attempt.close()
            self._attempts.pop(attempt.id, None)

    def _expire(self) -> None:
        now = time.monotonic()
        if now < self._first_deadline:
            return
        for attempt in [attempt for attempt in self._attempts.values() if attempt.deadline <= now]:
            attempt.expire()
            self._settle(attempt)
        self._first_deadline = min((attempt.deadline for attempt in self._attempts.values()), default=math.inf)

    def _wait_seconds(self) -> float:
        now = time.monotonic()
        until = min(self._first_deadline, now + _LONGEST_WAIT_SECONDS)
        if self._due and len(self._attempts) < MOST_AT_ONCE:
            until = min(until, self._due[0][0])
        return max(0.0, until - now)
