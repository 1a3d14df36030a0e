"""The loop's side of the small world: what it sees of the truth, what it remembers, what it has handed out.

What the loop would remember between passes is kept as the loop keeps it, and lost by `restart_loop`. An action under
way sits in `flights` until `land` is called on it, so that any number of passes can go by in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.plan.actions import (
    Action,
    CreateInstance,
    KillInstance,
    OnInstance,
    PublishName,
    PullImage,
    PutInService,
    PutOutOfService,
    RemoveInstance,
    TerminateInstance,
    WithdrawName,
)
from reconciler.plan.limits import Limits
from reconciler.plan.status import Verdict
from reconciler.plan.terminations import heeded
from reconciler.plan.verdicts import Judgement
from reconciler.plan.world import Decision, Memory, decide
from reconciler.spec.cluster import ClusterSpec, Stop
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Channel, InFlight, Observed, Setback, Sighting
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale
from reconciler.state.terminations import Termination
from reconciler.state.zones import ClosedZone
from tests.sim.truth import Truth

RETIRED_SECONDS = 10.0
CONFIRMED_SECONDS = 120.0


@dataclass(slots=True)
class Model(Truth):
    """The true world, the specs, and the loop's memory of both."""

    limits: Limits = field(default_factory=Limits)
    wanted: dict[str, Wanted] = field(default_factory=dict)
    untrusted: str | None = None
    flights: list[Action] = field(default_factory=list)
    sightings: dict[str, Sighting] = field(default_factory=dict)
    setbacks: dict[str, dict[str, Setback]] = field(default_factory=dict)
    history: dict[str, tuple[Version, ...]] = field(default_factory=dict)
    rollouts: Mapping[str, RolloutState] = field(default_factory=dict)
    by_id: dict[str, Image] = field(default_factory=dict)
    earlier: dict[str, dict[str, ClusterSpec]] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    pulled: dict[str, int] = field(default_factory=dict)
    channel: Channel = field(default_factory=lambda: Channel(since=1000.0))
    retired: dict[str, tuple[int, float]] = field(default_factory=dict)
    confirmed: dict[str, float] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    looked: bool = False
    closed: frozenset[str] = frozenset()
    terminations: dict[str, Termination] = field(default_factory=dict)
    judged: set[tuple[str, str, str]] = field(default_factory=set)

    # ---------------------------------------------------------------- what people do, and what befalls the loop

    def want(self, spec: ClusterSpec) -> None:
        """Save a cluster's file."""
        before = self.wanted.get(spec.name)
        generation = before.generation + 1 if before else 1
        self.images.setdefault(spec.image, Image(id=f"sha256:{spec.image}", has_agent=True))
        self.earlier.setdefault(spec.name, {})[spec.spec_hash()] = spec
        self.wanted[spec.name] = Wanted(
            name=spec.name, spec=spec, spec_hash=spec.spec_hash(), generation=generation,
            earlier=self.earlier[spec.name],
        )  # fmt: skip
        self.stops[spec.name] = spec.stop
        for memory in (self.setbacks, self.confirmed, self.retired):
            memory.pop(spec.name, None)

    def forget_specs(self) -> None:
        """The store is lost: nobody knows what earlier versions were made from."""
        self.earlier.clear()
        self.wanted = {name: replace(wanted, earlier={}) for name, wanted in self.wanted.items()}

    def unwant(self, name: str) -> None:
        """Delete a cluster's file."""
        self.wanted.pop(name, None)

    def confirm(self, names: Iterable[str]) -> None:
        """A person says that these may go."""
        self.confirmed.update(dict.fromkeys(names, self.now + CONFIRMED_SECONDS))

    def restart_loop(self) -> None:
        """The loop is killed and started again: what is under way is lost, memory too, names with it."""
        self.flights.clear()
        for memory in (self.beats, self.sightings, self.setbacks, self.pulled, self.retired, self.stops, self.names):
            memory.clear()
        self.terminations.clear()
        self.channel = Channel(since=self.now)
        self.rollouts = {name: state.lasting.resumed(self.now) for name, state in self.rollouts.items()}
        self.scales = {}
        self.looked = False
        self.stops.update({name: wanted.spec.stop for name, wanted in self.wanted.items() if wanted.spec})

    # ---------------------------------------------------------------- a pass

    @property
    def instances(self) -> Mapping[str, tuple[Instance, ...]]:
        """What the engine lists now."""
        listed: dict[str, list[Instance]] = {}
        for box in self.boxes.values():
            listed.setdefault(box.instance.cluster, []).append(box.instance)
        return {name: tuple(sorted(i, key=lambda x: x.number)) for name, i in listed.items()}

    @property
    def in_flight(self) -> Mapping[str, tuple[InFlight, ...]]:
        """What the executor has under way now."""
        flights: dict[str, list[InFlight]] = {}
        for action in self.flights:
            flights.setdefault(action.cluster, []).append(flight_of(action))
        return {name: tuple(under_way) for name, under_way in flights.items()}

    @property
    def observed(self) -> Observed:
        """What a pass would see now; an image that lost its tag is still there by its id."""
        self.by_id |= {image.id: image for image in self.images.values()}
        return Observed(
            channel=self.channel,
            instances=self.instances,
            foreign=self.foreign,
            beats=dict(self.beats),
            sightings=dict(self.sightings),
            in_flight=self.in_flight,
            setbacks={name: dict(s) for name, s in self.setbacks.items()},
            images={**self.by_id, **self.images},
            history=dict(self.history),
            rollouts=dict(self.rollouts),
            registered=self.registry.registered(self.boxes.values(), self.now),
            deaf={"web": "it is away"} if self.registry.away else {},
            scales=dict(self.scales),
            names=dict(self.names),
            pulled=dict(self.pulled),
            terminations=dict(self.terminations),
            closed_zones={zone: ClosedZone(zone=zone, since=0.0) for zone in self.closed},
        )

    @property
    def retired_lately(self) -> Mapping[str, int]:
        """The clusters that were being removed a moment ago, with the most instances that they had."""
        return {n: count for n, (count, at) in self.retired.items() if self.now - at < RETIRED_SECONDS}

    def consider(
        self,
        *,
        instances: Mapping[str, tuple[Instance, ...]] | None = None,
        in_flight: Mapping[str, tuple[InFlight, ...]] | None = None,
    ) -> Decision:
        """Decide on what is there, or on an older listing or older flights; nothing is remembered."""
        self._sight()
        observed = self.observed
        observed = replace(
            observed,
            instances=observed.instances if instances is None else instances,
            in_flight=observed.in_flight if in_flight is None else in_flight,
        )
        memory = Memory(
            confirmed=frozenset(name for name, until in self.confirmed.items() if self.now < until),
            retired=self.retired_lately,
            stops=self.stops,
        )
        world = WantedWorld(clusters=dict(self.wanted), untrusted=self.untrusted)
        return decide(world, observed, now=self.now, limits=self.limits, memory=memory)

    def remember(self, decision: Decision) -> None:
        """Keep what a pass concluded, and nothing of clusters that are neither wanted nor there."""
        self.channel, self.rollouts, self.scales = decision.channel, decision.rollouts, decision.scales
        world = WantedWorld(clusters=dict(self.wanted))
        self.terminations = dict(heeded(self.terminations, world))
        for key, judgement in decision.judgements.items():
            self._note(key, judgement)
        listed = self.instances
        for name in decision.retiring:
            before = self.retired.get(name, (0, 0.0))[0]
            self.retired[name] = (max(before, len(listed.get(name, ()))), self.now)
            if name in self.confirmed:
                self.confirm([name])
        if self.untrusted is None:
            for name in self.history.keys() - listed.keys() - self.wanted.keys():
                del self.history[name]

    def decide(self) -> Decision:
        """One pass, without handing anything out; what it concludes is remembered."""
        decision = self.consider()
        self.remember(decision)
        return decision

    def step(self) -> list[Action]:
        """One pass whose actions are handed out; returns them."""
        actions = actions_of(self.decide())
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
            removing = box.instance.state is EngineState.REMOVING
            if removing and self.sightings[key].removing_since is None:
                self.sightings[key] = replace(self.sightings[key], removing_since=self.now)
        for key in self.sightings.keys() - self.boxes.keys():
            del self.sightings[key]
        self.terminations = {key: asked for key, asked in self.terminations.items() if key in self.boxes}
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

    # ---------------------------------------------------------------- actions come back

    def land(self, action: Action, *, fails: bool = False) -> None:
        """An action under way ends: done, or failed without effect."""
        self.flights = [flight for flight in self.flights if flight is not action]
        kind = f"{action.kind}-{getattr(action, 'number', 0)}"
        key = "pull" if isinstance(action, PullImage) else kind
        setbacks = self.setbacks.setdefault(action.cluster, {})
        fails = fails or (self.registry.away and isinstance(action, PutInService | PutOutOfService))
        if fails:
            count = setbacks[key].count + 1 if key in setbacks else 1
            setbacks[key] = Setback(count=count, at=self.now, message="the engine said no")
            return
        setbacks.pop(key, None)
        self._done(action)

    def _done(self, action: Action) -> None:
        match action:
            case CreateInstance():
                self.create(action)
                made = Version(revision=action.revision, spec_hash=action.spec_hash, image_id=action.image_id)
                known = self.history.get(action.cluster, ())
                if made not in known:
                    self.history[action.cluster] = (*known, made)
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
            case PutInService() | PutOutOfService():
                self.registry.take(action)
                self._mark(action.id, held_out_at=self.now if isinstance(action, PutOutOfService) else None)
            case TerminateInstance():
                self._mark(action.id, terminated_at=self.now)
                self.end(action.id)
            case KillInstance():
                self._mark(action.id, killed_at=self.now)
                self.end(action.id)
            case RemoveInstance():
                self.boxes.pop(action.id, None)

    def _mark(self, key: str, **at: float | None) -> None:
        sighting = self.sightings.get(key)
        if sighting is not None:
            changes: dict[str, float | None] = at
            self.sightings[key] = replace(sighting, **changes)  # type: ignore[arg-type]


def actions_of(decision: Decision) -> list[Action]:
    """All that a pass wants done."""
    return [action for plan in decision.plans for action in plan.actions]


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
