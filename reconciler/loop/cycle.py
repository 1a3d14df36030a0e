"""One pass, on one screen: look, decide, hand out, remember.

Before: the queue says which clusters to look at. After: the executor works, the snapshot shows what was concluded.
A pass never waits for an action; whatever it could not see it does not decide.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.engine.executor import Executor
from reconciler.engine.ports import Engine, EngineEvent, Listing, Names
from reconciler.loop.memory import LoopMemory
from reconciler.loop.registered import Following
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan
from reconciler.plan.world import Decision, decide
from reconciler.spec.wanted import WantedWorld
from reconciler.state.beats import Beat, Gauge, Sounding
from reconciler.state.image import Image
from reconciler.state.instance import Instance
from reconciler.state.observed import InFlight, Observed
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from reconciler.state.zones import ClosedZone

ENDED_SECONDS = 10.0
Flights = Mapping[str, tuple[InFlight, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """Where a pass looks: each gives what it knows at once, but for the engine, which is asked."""

    engine: Engine
    names: Names
    beats: Callable[[], Mapping[str, Beat]]
    soundings: Callable[[], Mapping[str, Sounding]]
    gauges: Callable[[], Mapping[str, Gauge]]
    clock: Callable[[], float]
    closed_zones: Callable[[], Mapping[str, ClosedZone]]
    history: Callable[[], Mapping[str, tuple[Version, ...]]]
    following: Following


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one pass saw and concluded; `world` is what is in force."""

    world: WantedWorld
    observed: Observed
    decision: Decision
    now: float


class Cycle:
    """Makes passes for one environment; keeps the last listing and the images known. For the deciding thread."""

    def __init__(self, env: str, senses: Senses, executor: Executor, memory: LoopMemory, limits: Limits) -> None:
        self._env = env
        self._senses = senses
        self._executor = executor
        self._memory = memory
        self._limits = limits
        self._listing: Listing | None = None
        self._images: dict[str, Image] = {}
        self._asked: frozenset[str] = frozenset()
        self._ended: dict[str, float] = {}

    def forget_images(self) -> None:
        """An image came, went or got another tag: ask again."""
        self._asked = frozenset()

    def hear(self, event: EngineEvent | None) -> None:
        """The engine told of something; None: it begins to, and what happened until now may be told never.

        A listing shows a container's end only when the engine has put it away (moby 20.10, daemon/monitor.go). Names
        needn't wait for that, and until then each pass lists anew. What is listed as running after ENDED_SECONDS runs.
        """
        if event is None:
            self._ended.clear()
        if event is None or event.kind == "image":
            self.forget_images()
        elif event.action == "die":
            self._ended[event.id] = self._senses.clock()
        elif event.action == "start":
            self._ended.pop(event.id, None)

    def turn(self, world: WantedWorld, due: frozenset[str] | None, flights: Flights, *, look: bool) -> Turn:
        """Decide for the clusters in `due` (None: all); nothing is handed out yet. Raises EngineError.

        `flights` is what was under way before outcomes were read: what ended since counts as taken. `look`: list
        the engine; else only timers ran out, and the last listing will do unless something has to be done.
        """
        turn = self._decide(world, due, flights, fresh=look or self._listing is None or bool(self._ended))
        if not look and any(plan.actions for plan in turn.decision.plans):
            turn = self._decide(world, due, flights, fresh=True)
        return turn

    def suppose(self, world: WantedWorld, turn: Turn, named: frozenset[str] = frozenset()) -> tuple[Plan, ...]:
        """The plans that this pass would have made for another world, with these clusters' deletion confirmed. Raises
        EngineError.
        """
        new = sorted(images_of(world, {}) - self._asked)
        images = {**turn.observed.images, **(self._senses.engine.images(new) if new else {})}
        observed = replace(turn.observed, images=images)
        memory = self._memory.guard(turn.now)
        memory = replace(memory, confirmed=memory.confirmed | named)
        return decide(world, observed, now=turn.now, limits=self._limits, memory=memory).plans

    def hand_out(self, turn: Turn) -> None:
        """Give the actions to the executor and remember what was concluded."""
        for plan in turn.decision.plans:
            self._executor.submit(plan.actions)
        self._memory.remember(turn.decision, turn.world, turn.now)

    def observe(self, world: WantedWorld, flights: Flights, *, fresh: bool) -> tuple[Observed, float]:
        """Everything that can be seen now, and the instant. Raises EngineError."""
        listing = self._list(fresh=fresh)
        senses, memory = self._senses, self._memory
        now = senses.clock()
        memory.regain_sight(now)
        seen = senses.following.look(world, listing.instances)
        everyone = [instance for instances in listing.instances.values() for instance in instances]
        memory.sight(everyone, now, senses.engine.up_seconds)
        observed = Observed(
            channel=memory.channel, instances=listing.instances, foreign=listing.foreign, beats=senses.beats(),
            soundings=senses.soundings(), gauges=senses.gauges(), sightings=memory.sightings, in_flight=flights,
            setbacks=memory.setbacks,
            images=self._look_up_images(world, memory.rollouts), history=senses.history(),
            names=senses.names.published(), pulled=memory.pulled, ended=self._still_ending(everyone, now),
            closed_zones=senses.closed_zones(), rollouts=memory.rollouts, scales=memory.scales,
            registered=seen.registered, deaf=seen.deaf, unlisted=seen.unlisted,
            terminations=memory.terminations,
        )  # fmt: skip
        return observed, now

    def _still_ending(self, everyone: Iterable[Instance], now: float) -> frozenset[str]:
        if self._ended:
            running = {instance.id for instance in everyone if instance.alive}
            self._ended = {id: at for id, at in self._ended.items() if id in running and now - at < ENDED_SECONDS}
        return frozenset(self._ended)

    def _decide(self, world: WantedWorld, due: frozenset[str] | None, flights: Flights, *, fresh: bool) -> Turn:
        observed, now = self.observe(world, flights, fresh=fresh)
        guard = self._memory.guard(now)
        decision = decide(world, observed, now=now, limits=self._limits, memory=guard, due=due)
        if not images_of(world, decision.rollouts) <= self._asked:  # a rollout has begun: it may have to go back
            observed = replace(observed, images=self._look_up_images(world, decision.rollouts))
            decision = decide(world, observed, now=now, limits=self._limits, memory=guard, due=due)
        seen = replace(observed, channel=decision.channel, rollouts=decision.rollouts, scales=decision.scales)
        return Turn(world=decision.world, observed=seen, decision=decision, now=now)

    def _list(self, *, fresh: bool) -> Listing:
        if fresh or self._listing is None:
            self._listing = None
            self._listing = self._senses.engine.listing(self._env)
        return self._listing

    def _look_up_images(self, world: WantedWorld, rollouts: Mapping[str, RolloutState]) -> Mapping[str, Image]:
        wanted = images_of(world, rollouts)
        if not wanted <= self._asked:
            self._images = dict(self._senses.engine.images(sorted(wanted)))
            self._asked = wanted
        return self._images


def images_of(world: WantedWorld, rollouts: Mapping[str, RolloutState]) -> frozenset[str]:
    """Which images a pass has to know: the specs' own, and by their ids those that rollouts may go back to."""
    named = {wanted.spec.image for wanted in world.clusters.values() if wanted.spec is not None}
    backs = {state.back.image_id for state in rollouts.values() if state.back is not None and state.back.image_id}
    return frozenset(named | backs)
