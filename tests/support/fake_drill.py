"""A small environment in virtual time for drills: whoever is killed is replaced after a while, and all is recorded.

It keeps drill.stage's Protocols; a drill of an hour takes milliseconds. Trouble is asked for by its attributes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from reconciler.chaos.faults import Fault, Gorilla, Monkey
from reconciler.drill.recording import ProbeSample, Recording, Victim, WorldSample, sample
from reconciler.drill.stage import Change
from reconciler.drill.values import Clients, Drill, Load, Probe, Scale
from reconciler.errors import ChaosRefused, EngineUnavailable, ReconcilerError
from reconciler.plan.status import ClusterStatus, Condition, InstanceStatus, Verdict, WorldStatus
from reconciler.state.event import Event

TICK_SECONDS = 0.1
BEGIN = 1_000_000.0


class VirtualClock:
    """Time that passes only when somebody waits; Ctrl-C comes when it reaches `interrupt_at`."""

    def __init__(self) -> None:
        self.at = BEGIN
        self.interrupt_at: float | None = None
        self.each_tick: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        end = round(self.at + seconds, 3)
        self._hear()
        while self.at < end:
            self.at = min(round(self.at + TICK_SECONDS, 3), end)
            self.each_tick()
            self._hear()

    def _hear(self) -> None:
        if self.interrupt_at is not None and self.at >= self.interrupt_at:
            self.interrupt_at = None
            raise KeyboardInterrupt


@dataclass(slots=True)
class Box:
    """One container; `ready_at` says from when on it is ready."""

    cluster: str
    number: int
    zone: str
    id: str
    ready_at: float = BEGIN

    @property
    def name(self) -> str:
        return f"{self.cluster}-{self.number}"


@dataclass(slots=True)
class FakeStrike:
    """A fault in force."""

    stage: "FakeStage"
    says: str
    victims: tuple[Victim, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def end(self) -> Mapping[str, Any]:
        self.stage.in_force.discard(self.says)
        if self.stage.silent_after_seconds is not None:
            self.stage.silent_at = self.stage.clock.at + self.stage.silent_after_seconds
        return {"healed_seconds": 0.2, "unhealed": self.stage.unhealed}


class FakeStage:
    """Clusters web and auth, three instances each, one in each zone."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        clock.each_tick = self._tick
        self.heal_seconds = 3.0
        self.bites = True
        self.engine_gone_at: float | None = None
        self.refused = ""
        self.replaced_wrongly = ""
        self.silent_after_seconds: float | None = None
        self.unhealed: list[str] = []
        self.put_back_fails: Exception | None = None
        self.silent_at: float | None = None
        self.probe_fails: Callable[[float], str] = lambda _: ""
        self.load_document: Mapping[str, Any] | None = {"requests": {"count": 1000, "failures": 1}}
        self.load_problem = ""
        self.verdict: Any = None
        self.boxes = [
            Box(cluster, number, f"az{number}", f"{cluster}{number}-0")
            for cluster in ("web", "auth")
            for number in (1, 2, 3)
        ]
        self.sizes = {"web": 3, "auth": 3}
        self.changed: dict[str, int] = {}
        self.in_force: set[str] = set()
        self.struck: list[Fault] = []
        self.running = False
        self.cleared = 0
        self._made = 0
        self._events: list[Event] = []
        self._recording: Recording | None = None
        self._drill: Drill | None = None

    def world(self) -> WorldStatus:
        if self.engine_gone_at is not None and self.clock.at >= self.engine_gone_at:
            raise EngineUnavailable("the engine does not answer")
        return WorldStatus(
            environment="test", domain="docker", clusters=tuple(self._cluster(name) for name in self.sizes)
        )

    def taken_up(self) -> bool:
        return True

    def rehearse(self, fault: Fault) -> tuple[str, ...]:
        if self.refused:
            raise ChaosRefused(self.refused)
        return (f"would {fault.kind}",)

    def strike(self, fault: Fault, rng: Random) -> FakeStrike:
        if not self.bites:
            raise ReconcilerError(f"{fault.kind} does not bite: 4 of 6 pairs still reach each other")
        self.world()
        self.struck.append(fault)
        victims = self._victims(fault, rng)
        says = f"{fault.kind} {','.join(f'{box.cluster}-{box.number}' for box in victims)}"
        hit = tuple(
            Victim(instance=f"{b.cluster}-{b.number}", id=b.id, cluster=b.cluster, zone=b.zone) for b in victims
        )
        if isinstance(fault, Monkey | Gorilla):
            for box in victims:
                self._renew(box, "died: exit 137")
        self.in_force.add(says)
        for box in self.boxes:
            if box.name == self.replaced_wrongly:
                self._renew(box, "lost: no heartbeat for 4 s")
        return FakeStrike(self, says, hit)

    def check_change(self, change: Change) -> str:
        return f"would change: {change}"

    def change(self, change: Change) -> str:
        assert isinstance(change, Scale)
        self.changed.setdefault(change.cluster, self.sizes[change.cluster])
        self._scale(change.cluster, change.size)
        return change.cluster

    def put_back(self) -> tuple[str, ...]:
        if self.put_back_fails is not None:
            raise self.put_back_fails
        names = tuple(self.changed)
        for name in names:
            self._scale(name, self.changed.pop(name))
        return names

    def ask(self, probe: Probe) -> str:
        return self.probe_fails(self.clock.at)

    def check_load(self, load: Load) -> None:
        if load.image == "missing":
            raise ReconcilerError("the image missing is not on the engine; build it")

    def check_clients(self, clients: Clients) -> None:
        if clients.command[0] == "missing":
            raise ReconcilerError("no program missing; install it")

    def begin(self, drill: Drill, recording: Recording) -> None:
        self.running = True
        self._drill, self._recording = drill, recording
        self._tick()

    def finish(self, recording: Recording) -> None:
        assert self._drill is not None
        if self._drill.load is not None:
            recording.load(self.load_document, BEGIN, self.load_problem)
        if self._drill.clients is not None:
            recording.history(self.verdict, "" if self.verdict else "no history was written")

    def clear(self) -> None:
        self.running = False
        self.cleared += 1
        self.in_force.clear()

    def _tick(self) -> None:
        if self.silent_at is not None and self.clock.at >= self.silent_at:
            self.silent_at = None
            self.boxes[0].ready_at = round(self.clock.at + self.heal_seconds, 3)
        if self._recording is None or self._drill is None or not self.running:
            return
        try:
            self._recording.world(sample(self.world(), self.clock.at))
        except EngineUnavailable as error:
            self._recording.world(WorldSample(at=self.clock.at, problem=str(error)))
        self._recording.events(self._events)
        for probe in self._drill.steady:
            why = self.probe_fails(self.clock.at)
            self._recording.probe(ProbeSample(at=self.clock.at, probe=probe.name, seconds=0.01, why=why))

    def _victims(self, fault: Fault, rng: Random) -> list[Box]:
        if isinstance(fault, Monkey):
            rng = rng if fault.seed is None else Random(fault.seed)
            return [rng.choice([box for box in self.boxes if fault.cluster in (None, box.cluster)])]
        if isinstance(fault, Gorilla):
            return [box for box in self.boxes if box.zone == fault.zone]
        return self.boxes[:1]

    def _renew(self, box: Box, cause: str) -> None:
        """The container goes, another one comes under its number and is ready later."""
        self._made += 1
        box.id = f"{box.cluster}{box.number}-{self._made}"
        box.ready_at = round(self.clock.at + self.heal_seconds, 3)
        event = Event(
            id=self._made, at=self.clock.at + 0.1, cluster=box.cluster, kind="create",
            subject=box.name, cause=cause,
        )  # fmt: skip
        self._events.append(event)

    def _scale(self, cluster: str, size: int) -> None:
        self.sizes[cluster] = size
        self.boxes = [box for box in self.boxes if box.cluster != cluster or box.number <= size]
        there = {box.number for box in self.boxes if box.cluster == cluster}
        for number in range(1, size + 1):
            if number not in there:
                at = round(self.clock.at + self.heal_seconds, 3)
                self.boxes.append(Box(cluster, number, f"az{number % 3 + 1}", f"{cluster}{number}-new", at))

    def _cluster(self, name: str) -> ClusterStatus:
        boxes = [box for box in self.boxes if box.cluster == name]
        ready = sum(1 for box in boxes if box.ready_at <= self.clock.at)
        done = ready == self.sizes[name]
        condition = Condition(type="Ready", status="True" if done else "False", reason="" if done else "Missing")
        return ClusterStatus(
            name=name, desired=self.sizes[name], current=len(boxes), updated=len(boxes), ready=ready, available=ready,
            revision="v000", zones=("az1", "az2", "az3"), generation=1, conditions=(condition,),
            instances=tuple(self._instance(box) for box in boxes),
        )  # fmt: skip

    def _instance(self, box: Box) -> InstanceStatus:
        verdict = Verdict.READY if box.ready_at <= self.clock.at else Verdict.STARTING
        return InstanceStatus(
            name=f"{box.cluster}{box.number}", number=box.number, zone=box.zone, container=f"test-{box.name}",
            id=box.id, phase="running", verdict=verdict, heartbeat_age=0.1, revision="v000", address=None,
        )  # fmt: skip
