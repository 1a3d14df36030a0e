"""A small pure world to try plans on: it applies actions one by one, in any order, and fails at will.

Time stands still unless `tick` is called. What the loop would remember between passes is kept as the loop keeps
it, and lost by `restart_loop`. An action under way sits in `flights` until `land` is called on it, so that any
number of passes can go by in between.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reconciler.plan.actions import (
    Action,
    CreateInstance,
    KillInstance,
    OnInstance,
    PublishName,
    PullImage,
    RemoveInstance,
    TerminateInstance,
    WithdrawName,
)
from reconciler.plan.limits import Limits
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.plan.world import Decision, Memory, decide
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Foreign, Instance
from reconciler.state.observed import Channel, InFlight, Observed, Past, Setback, Sighting
from reconciler.state.records import Record


@dataclass(slots=True)
class Box:
    """One container as it truly is; `made_at` is when it started, `broken` means it never beats."""

    instance: Instance
    made_at: float
    beats: bool = True
    ended: bool = False


@dataclass(slots=True)
class Model:
    """The true world (`boxes`, `names`), the specs, and the loop's memory of it."""

    limits: Limits = field(default_factory=Limits)
    now: float = 1000.0
    wanted: dict[str, Wanted] = field(default_factory=dict)
    untrusted: str | None = None
    boxes: dict[str, Box] = field(default_factory=dict)
    names: dict[str, Record] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    deaf: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    boot_seconds: float = 0.5
    flights: list[Action] = field(default_factory=list)
    beats: dict[str, Beat] = field(default_factory=dict)
    sightings: dict[str, Sighting] = field(default_factory=dict)
    setbacks: dict[str, dict[str, Setback]] = field(default_factory=dict)
    past: dict[str, Past] = field(default_factory=dict)
    pulled: dict[str, int] = field(default_factory=dict)
    channel: Channel = field(default_factory=lambda: Channel(since=1000.0))
    retired: dict[str, int] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    looked: bool = False
    _serial: int = 0

    # ---------------------------------------------------------------- what people and accidents do

    def want(self, spec: ClusterSpec) -> None:
        """Save a cluster's file."""
        before = self.wanted.get(spec.name)
        generation = before.generation + 1 if before else 1
        self.images.setdefault(spec.image, Image(id=f"sha256:{spec.image}", has_agent=True))
        self.wanted[spec.name] = Wanted(
            name=spec.name, spec=spec, spec_hash=spec.spec_hash(), generation=generation
        )
        self.setbacks.pop(spec.name, None)

    def unwant(self, name: str) -> None:
        """Delete a cluster's file."""
        self.wanted.pop(name, None)

    def die(self, key: str, exit_code: int = 137) -> None:
        """A container's process ends by itself."""
        box = self.boxes[key]
        if box.instance.alive:
            box.instance = replace(box.instance, state=EngineState.EXITED, exit_code=exit_code)

    def vanish(self, key: str) -> None:
        """Somebody else removes a container."""
        self.boxes.pop(key, None)

    def restart_loop(self) -> None:
        """The loop is killed and started again: what is under way is lost, memory too, names with it."""
        self.flights.clear()
        self.beats.clear()
        self.sightings.clear()
        self.setbacks.clear()
        self.pulled.clear()
        self.retired.clear()
        self.names.clear()
        self.channel = Channel(since=self.now)
        self.looked = False

    # ---------------------------------------------------------------- time

    def tick(self, seconds: float) -> None:
        """Time goes by: whoever lives, can beat and is heard, beats at the end of it."""
        self.now += seconds
        for key, box in self.boxes.items():
            if not box.instance.alive:
                continue
            if box.ended:
                box.instance = replace(box.instance, state=EngineState.EXITED, exit_code=0)
            elif self.heard(key) and self.now - box.made_at >= self.boot_seconds:
                self.beats[key] = Beat(at=self.now)

    def heard(self, key: str) -> bool:
        """Whether a beat of this container reaches us."""
        box = self.boxes[key]
        instance = box.instance
        return (
            box.beats
            and instance.zone not in self.deaf
            and instance.spec_hash not in self.broken
            and instance.state is EngineState.RUNNING
        )

    # ---------------------------------------------------------------- the loop

    @property
    def observed(self) -> Observed:
        """What a pass would see now."""
        instances: dict[str, list[Instance]] = {}
        for box in self.boxes.values():
            instances.setdefault(box.instance.cluster, []).append(box.instance)
        flights: dict[str, list[InFlight]] = {}
        for action in self.flights:
            flights.setdefault(action.cluster, []).append(flight_of(action))
        return Observed(
            channel=self.channel,
            instances={n: tuple(sorted(i, key=lambda x: x.number)) for n, i in instances.items()},
            foreign=self.foreign,
            beats=dict(self.beats),
            sightings=dict(self.sightings),
            in_flight={name: tuple(f) for name, f in flights.items()},
            setbacks={name: dict(s) for name, s in self.setbacks.items()},
            images=dict(self.images),
            past=dict(self.past),
            names=dict(self.names),
            pulled=dict(self.pulled),
        )

    def decide(self, seen: Observed | None = None) -> Decision:
        """One pass, without handing anything out; what it concludes is remembered."""
        self._sight()
        observed = seen if seen is not None else self.observed
        stops = {n: w.spec.stop for n, w in self.wanted.items() if w.spec}
        memory = Memory(confirmed=self.confirmed, retired=self.retired, stops=stops)
        world = WantedWorld(clusters=dict(self.wanted), untrusted=self.untrusted)
        decision = decide(world, observed, now=self.now, limits=self.limits, memory=memory)
        self.channel = decision.channel
        for key, judgement in decision.judgements.items():
            self._note(key, judgement)
        for name in decision.retiring:
            listed = len(observed.instances.get(name, ()))
            self.retired[name] = max(self.retired.get(name, 0), listed)
        return decision

    def step(self) -> list[Action]:
        """One pass whose actions are handed out; returns them."""
        actions = [action for plan in self.decide().plans for action in plan.actions]
        self.flights += actions
        return actions

    def run(self, passes: int, seconds: float = 0.5) -> int:
        """Pass after pass, everything landing at once; returns how many passes it took to have nothing to do."""
        for number in range(passes):
            self.step()
            for action in list(self.flights):
                self.land(action)
            self.tick(seconds)
            if self.quiet():
                return number
        return passes

    def quiet(self) -> bool:
        """A pass now would plan nothing and wait for nothing, and everybody is ready."""
        if self.flights:
            return False
        decision = self.decide()
        ready = all(judgement.verdict is Verdict.READY for judgement in decision.judgements.values())
        return ready and all(plan.quiet for plan in decision.plans)

    def _sight(self) -> None:
        for key, box in self.boxes.items():
            if key not in self.sightings:
                adopted = not self.looked
                self.sightings[key] = Sighting(up_since=box.made_at, adopted=adopted)
        for key in self.sightings.keys() - self.boxes.keys():
            del self.sightings[key]
        self.looked = True

    def _note(self, key: str, judgement: Judgement) -> None:
        sighting = self.sightings.get(key)
        if sighting is None:
            return
        if judgement.verdict is Verdict.READY:
            if sighting.ready_since is None:
                self.sightings[key] = replace(sighting, ready_since=self.now)
        elif judgement.verdict is Verdict.DEAD:
            if sighting.dead_since is None:
                self.sightings[key] = replace(sighting, dead_since=self.now, ready_since=None)
        elif judgement.verdict is not Verdict.UNKNOWN:
            self.sightings[key] = replace(sighting, ready_since=None)

    # ---------------------------------------------------------------- actions

    def land(self, action: Action, *, fails: bool = False) -> None:
        """An action under way ends: done, or failed without effect."""
        self.flights.remove(action)
        kind = f"{action.kind}-{getattr(action, 'number', 0)}"
        key = "pull" if isinstance(action, PullImage) else kind
        setbacks = self.setbacks.setdefault(action.cluster, {})
        if fails:
            count = setbacks[key].count + 1 if key in setbacks else 1
            setbacks[key] = Setback(count=count, at=self.now, message="the engine said no")
            return
        setbacks.pop(key, None)
        match action:
            case CreateInstance():
                self._create(action)
            case PullImage():
                self.images[action.image] = Image(id=f"sha256:{action.image}", has_agent=True)
                wanted = self.wanted.get(action.cluster)
                self.pulled[action.cluster] = wanted.generation if wanted else 0
            case PublishName():
                self.names[action.id] = action.record
                self._mark(action.id, withdrawn_at=None)
            case WithdrawName():
                self.names.pop(action.id, None)
                self._mark(action.id, withdrawn_at=self.now)
            case TerminateInstance() | KillInstance():
                self._signal(action)
            case RemoveInstance():
                self.boxes.pop(action.id, None)

    def _create(self, action: CreateInstance) -> None:
        if action.replaces is not None:
            self.boxes.pop(action.replaces, None)
        name = f"dev-{action.cluster}-{action.number}"
        if any(box.instance.container == name for box in self.boxes.values()):
            return  # the engine refuses a second one of this name
        self._serial += 1
        instance = Instance(
            id=f"c{self._serial:04d}", container=name, cluster=action.cluster, number=action.number,
            zone=action.zone, revision=action.revision, spec_hash=action.spec_hash, attempt=action.attempt,
            token_sha256="", image_id=action.image_id, state=EngineState.RUNNING, address=f"10.0.0.{self._serial}",
            has_agent=action.has_agent,
        )  # fmt: skip
        self.boxes[instance.id] = Box(instance, self.now)
        self.past[action.cluster] = Past(
            revision=action.revision, spec_hash=action.spec_hash, image_id=action.image_id
        )

    def _signal(self, action: TerminateInstance | KillInstance) -> None:
        if isinstance(action, KillInstance):
            self._mark(action.id, killed_at=self.now)
        else:
            self._mark(action.id, terminated_at=self.now)
        if action.id in self.boxes:
            self.boxes[action.id].ended = True

    def _mark(self, key: str, **at: float | None) -> None:
        sighting = self.sightings.get(key)
        if sighting is not None:
            changes: dict[str, float | None] = at
            self.sightings[key] = replace(sighting, **changes)  # type: ignore[arg-type]

    # ---------------------------------------------------------------- what is asked of it

    def alive(self, name: str) -> list[Box]:
        """The containers of a cluster that run."""
        return [b for b in self.boxes.values() if b.instance.cluster == name and b.instance.alive]

    def serving(self, name: str) -> int:
        """How many truly do their work: running, not told to end, able to beat, booted."""
        return sum(
            1
            for box in self.alive(name)
            if not box.ended
            and box.beats
            and box.instance.spec_hash not in self.broken
            and self.now - box.made_at >= self.boot_seconds
        )

    def zones(self, name: str) -> Counter[str]:
        """How many run in each zone."""
        return Counter(box.instance.zone for box in self.alive(name))


def flight_of(action: Action) -> InFlight:
    """An action as the next pass sees it while it is under way."""
    if isinstance(action, CreateInstance):
        return InFlight(
            kind="create", cluster=action.cluster, number=action.number, id=action.replaces, zone=action.zone,
            revision=action.revision, spec_hash=action.spec_hash, image_id=action.image_id,
        )  # fmt: skip
    if isinstance(action, OnInstance):
        return InFlight(kind=action.kind, cluster=action.cluster, number=action.number, id=action.id)
    return InFlight(kind=action.kind, cluster=action.cluster)


def targets(actions: Iterable[Action]) -> list[str]:
    """The ids that these actions concern, one each time one is named."""
    ids: list[str] = []
    for action in actions:
        if isinstance(action, OnInstance):
            ids.append(action.id)
        elif isinstance(action, CreateInstance) and action.replaces:
            ids.append(action.replaces)
    return ids
