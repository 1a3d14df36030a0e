"""Carrying out actions: a bounded pool of threads, fair between clusters, each action one unit of change.

Before: the loop submits a plan's actions. After: each comes back as an Outcome through `on_done`.
No decision is made here. An action under way shows in `in_flight`, so the next pass counts it as taken.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.engine.steps import Steps
from reconciler.errors import EngineError, EngineUnavailable, PermanentError, ReconcilerError
from reconciler.plan.actions import Action, CreateInstance, PullImage
from reconciler.state.observed import InFlight

log = logging.getLogger(__name__)
_HUB = "docker.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an action: `error` is empty when it was done. `unavailable`: the engine did not answer."""

    action: Action
    error: str = ""
    permanent: bool = False
    unavailable: bool = False
    id: str = ""
    at: float = 0.0
    duration_seconds: float = 0.0


class Executor:
    """`workers` threads for everything quick, and a few of their own for pulls, which may take minutes.

    One cluster keeps at most `most_of_one` workers busy, one registry at most half of the pullers: whoever hangs
    leaves threads to the others. `on_done(outcome)` is called while the action still shows in `in_flight`,
    `on_free(cluster)` once it doesn't any more; both on the worker's thread.
    """

    def __init__(
        self,
        steps: Steps,
        on_done: Callable[[Outcome], None],
        on_free: Callable[[str], None],
        *,
        workers: int = 10,
        most_of_one: int = 8,
        pullers: int = 4,
    ) -> None:
        self._steps = steps
        self._on_done = on_done
        self._on_free = on_free
        self._lanes = _Lanes(most_of_one)
        self._pulls = _Lanes(max(1, pullers // 2))
        self._flights: dict[tuple[str, str], InFlight] = {}
        self._lock = threading.Lock()
        self._threads = [self._thread(self._lanes, f"action-{n}") for n in range(workers)]
        self._threads += [self._thread(self._pulls, f"pull-{n}") for n in range(pullers)]

    def submit(self, actions: Iterable[Action]) -> None:
        """Hand out actions; one that is under way already is not started twice."""
        for action in actions:
            key, flight = _key(action), _flight(action)
            with self._lock:
                if key in self._flights:
                    continue
                self._flights[key] = flight
            if isinstance(action, PullImage):
                self._pulls.put(_registry(action.image), action)
            else:
                self._lanes.put(action.cluster, action)

    def in_flight(self) -> dict[str, tuple[InFlight, ...]]:
        """What is under way, by cluster. Take it before outcomes are read and before the engine is listed: then
        whatever isn't in it has its outcome to read and its effect to see.
        """
        with self._lock:
            flights = list(self._flights.values())
        result: dict[str, list[InFlight]] = {}
        for flight in flights:
            result.setdefault(flight.cluster, []).append(flight)
        return {cluster: tuple(flights) for cluster, flights in result.items()}

    def stop(self, timeout_seconds: float) -> None:
        """Start nothing more, and give what is under way `timeout_seconds` to end."""
        self._lanes.close()
        self._pulls.close()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _thread(self, lanes: "_Lanes", name: str) -> threading.Thread:
        thread = threading.Thread(target=self._work, args=(lanes,), name=name, daemon=True)
        thread.start()
        return thread

    def _work(self, lanes: "_Lanes") -> None:
        while (work := lanes.take()) is not None:
            lane, action = work
            outcome = self._run(action)
            try:
                self._on_done(outcome)
            except Exception:
                log.exception("nobody could be told of the outcome of %s %s", action.kind, action.subject)
            with self._lock:
                self._flights.pop(_key(action), None)
            self._on_free(action.cluster)
            lanes.done(lane)

    def _run(self, action: Action) -> Outcome:
        at, started = time.time(), time.monotonic()
        created, error, permanent, unavailable = "", "", False, False
        try:
            created = self._steps.run(action)
        except EngineUnavailable as problem:
            error, unavailable = str(problem), True
        except EngineError as problem:
            error, permanent = str(problem), isinstance(problem, PermanentError)
        except (ReconcilerError, OSError) as problem:
            error = str(problem)
        except Exception as bug:  # a mistake of ours: the number must not stay taken, nor the thread die of it
            log.exception("%s %s failed in a way that nobody foresaw", action.kind, action.subject)
            error = f"{action.kind} {action.subject} failed inside reconciler ({bug!r}); please report it"
        return Outcome(
            action=action, error=error, permanent=permanent, unavailable=unavailable, id=created, at=at,
            duration_seconds=time.monotonic() - started,
        )  # fmt: skip


class _Lanes:
    """A queue for each lane, served in turn and at most `most` at once: who starts a hundred, or hangs, delays
    no other lane's healing.
    """

    def __init__(self, most: int) -> None:
        self._condition = threading.Condition()
        self._waiting: OrderedDict[str, deque[Action]] = OrderedDict()
        self._busy: Counter[str] = Counter()
        self._most = most
        self._closed = False

    def put(self, lane: str, action: Action) -> None:
        with self._condition:
            self._waiting.setdefault(lane, deque()).append(action)
            self._condition.notify()

    def take(self) -> tuple[str, Action] | None:
        """The next lane that isn't full, and its next action; None when closed."""
        with self._condition:
            while not self._closed:
                lane = next((lane for lane in self._waiting if self._busy[lane] < self._most), None)
                if lane is not None:
                    return lane, self._next_of(lane)
                self._condition.wait()
            return None

    def done(self, lane: str) -> None:
        """What was taken from `lane` is finished."""
        with self._condition:
            self._busy[lane] -= 1
            if not self._busy[lane]:
                del self._busy[lane]
            self._condition.notify()

    def _next_of(self, lane: str) -> Action:
        actions = self._waiting.pop(lane)
        action = actions.popleft()
        if actions:
            self._waiting[lane] = actions  # at the end: the others come first
        self._busy[lane] += 1
        return action

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify_all()


def _registry(image: str) -> str:
    """The host that an image comes from (the reference grammar of Docker's distribution)."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else _HUB


def _key(action: Action) -> tuple[str, str]:
    """Two actions with one key would do the same work."""
    if isinstance(action, PullImage):
        return ("pull", f"{action.cluster} {action.image}")
    if isinstance(action, CreateInstance):
        return ("create", action.subject)
    return ("name" if action.kind in ("publish", "withdraw") else "end", action.id)


def _flight(action: Action) -> InFlight:
    if isinstance(action, CreateInstance):
        return InFlight(
            kind=action.kind, cluster=action.cluster, number=action.number, id=action.replaces, zone=action.zone,
            revision=action.revision, spec_hash=action.spec_hash, image_id=action.image_id,
        )  # fmt: skip
    if isinstance(action, PullImage):
        return InFlight(kind=action.kind, cluster=action.cluster)
    return InFlight(kind=action.kind, cluster=action.cluster, number=action.number, id=action.id)
