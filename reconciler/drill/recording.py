"""What was measured while a drill ran: samples, faults, steps, events. Written by several threads, read as values.

Before: runner and the Stage's watchers, which add to a Recording. After: judging and report, which get a Measured.
Times are Unix seconds, as events and the load have them. Only changes of the world are kept. Nothing is judged here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from reconciler.drill.readiness import is_suspended
from reconciler.plan.status import Verdict, WorldStatus
from reconciler.state.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSample:
    """One instance as the loop saw it; `id` is its container's, empty while there is none."""

    number: int
    id: str
    zone: str
    ready: bool
    dead: bool
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSample:
    """One cluster as the loop saw it."""

    name: str
    desired: int
    ready: int
    all_ready: bool
    suspended: bool = False
    instances: tuple[InstanceSample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSample:
    """The environment from `at` on, until the next sample. `problem` says why nothing could be seen."""

    at: float
    clusters: tuple[ClusterSample, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSample:
    """One answer of the steady state: `why` it was wrong, empty where it was right."""

    at: float
    probe: str
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """An instance that a fault hits: `web-1`, and its container's id then."""

    instance: str
    id: str
    cluster: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A fault: `holds` for a while, or over at once. `facts` are what it said of itself: times, pairs, checks.

    `closes` is the zone that is closed meanwhile; `blinds`: it only hides its victims from the reconciler.
    """

    kind: str
    says: str
    holds: bool
    victims: tuple[Victim, ...]
    begun_at: float
    ended_at: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    closes: str = ""
    blinds: bool = False

    @property
    def kills(self) -> bool:
        """Whether its victims are dead at once."""
        return self.kind in ("monkey", "gorilla")

    @property
    def over_at(self) -> float | None:
        """From when on recovery is measured: a kill's instant, the end of what holds; None while it holds."""
        return self.ended_at if self.holds else self.begun_at


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """A step that was begun; `line` 0 is what the drill does by itself, `most_seconds` how long it may take."""

    text: str
    line: int
    begun_at: float
    most_seconds: float
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything at one moment, in the order of time. `changes` are the clusters whose specs the drill changed, and
    when; `load` is the load's document, `history` the checker's verdict.
    """

    began_at: float
    ended_at: float
    worlds: tuple[WorldSample, ...] = ()
    probes: tuple[ProbeSample, ...] = ()
    spans: tuple[Span, ...] = ()
    steps: tuple[StepRun, ...] = ()
    events: tuple[Event, ...] = ()
    changes: tuple[tuple[float, str], ...] = ()
    remarks: tuple[tuple[float, str], ...] = ()
    load: Mapping[str, Any] | None = None
    load_began_at: float = 0.0
    load_problem: str = ""
    history: Any = None
    history_problem: str = ""


class Recording:
    """Collects; safe to use from several threads."""

    def __init__(self, began_at: float) -> None:
        self._lock = Lock()
        self._measured = Measured(began_at=began_at, ended_at=began_at)
        self._worlds: list[WorldSample] = []
        self._probes: list[ProbeSample] = []
        self._spans: list[Span] = []
        self._steps: list[StepRun] = []
        self._events: dict[int, Event] = {}
        self._remarks: list[tuple[float, str]] = []
        self._changes: list[tuple[float, str]] = []

    def world(self, sample: WorldSample) -> None:
        """The world as it is now; kept where it differs from what was kept last."""
        with self._lock:
            if not self._worlds or replace(self._worlds[-1], at=sample.at) != sample:
                self._worlds.append(sample)

    def probe(self, sample: ProbeSample) -> None:
        """One more answer."""
        with self._lock:
            self._probes.append(sample)

    def events(self, events: Sequence[Event]) -> None:
        """What the loop told; the same event may come twice."""
        with self._lock:
            self._events.update({event.id: event for event in events})

    def change(self, at: float, cluster: str) -> None:
        """The drill has changed this cluster's spec."""
        with self._lock:
            self._changes.append((at, cluster))

    def remark(self, at: float, text: str) -> None:
        """Something worth reading in the report."""
        with self._lock:
            self._remarks.append((at, text))

    def begin_fault(self, span: Span) -> int:
        """Note that a fault is in force; returns its number for end_fault."""
        with self._lock:
            self._spans.append(span)
            return len(self._spans) - 1

    def end_fault(self, number: int, at: float, facts: Mapping[str, Any]) -> None:
        """Note that it is over."""
        with self._lock:
            span = self._spans[number]
            self._spans[number] = replace(span, ended_at=at, facts={**span.facts, **facts})

    def begin_step(self, step: StepRun) -> int:
        """Note a step; returns its number for end_step."""
        with self._lock:
            self._steps.append(step)
            return len(self._steps) - 1

    def end_step(self, number: int, at: float) -> None:
        """Note its end."""
        with self._lock:
            self._steps[number] = replace(self._steps[number], ended_at=at)

    def load(self, document: Mapping[str, Any] | None, began_at: float, problem: str = "") -> None:
        """What the load told at its end, or why it told nothing."""
        with self._lock:
            self._measured = replace(self._measured, load=document, load_began_at=began_at, load_problem=problem)

    def history(self, verdict: object, problem: str = "") -> None:
        """What the checker concluded of the clients' history, or why there is nothing to conclude from."""
        with self._lock:
            self._measured = replace(self._measured, history=verdict, history_problem=problem)

    def measured(self, now: float) -> Measured:
        """All of it, as it is at `now`."""
        with self._lock:
            return replace(
                self._measured,
                ended_at=now,
                worlds=tuple(self._worlds),
                probes=tuple(sorted(self._probes, key=lambda sample: sample.at)),
                spans=tuple(self._spans),
                steps=tuple(self._steps),
                events=tuple(sorted(self._events.values(), key=lambda event: (event.at, event.id))),
                changes=tuple(self._changes),
                remarks=tuple(self._remarks),
            )


def sample(world: WorldStatus, at: float) -> WorldSample:
    """The world as the recording keeps it."""
    clusters = tuple(
        ClusterSample(
            name=cluster.name,
            desired=cluster.desired,
            ready=cluster.ready,
            all_ready=cluster.all_ready and not cluster.problems,
            suspended=is_suspended(cluster),
            instances=tuple(
                InstanceSample(
                    number=one.number,
                    id=one.id,
                    zone=one.zone,
                    ready=one.verdict is Verdict.READY,
                    dead=one.verdict is Verdict.DEAD,
                    revision=one.revision,
                )
                for one in cluster.instances
            ),
        )
        for cluster in world.clusters
    )
    return WorldSample(at=at, clusters=clusters, problem=world.engine_problem)
