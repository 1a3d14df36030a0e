"""What the deciding thread remembers between passes: nothing that a container's labels could say.

Before: listings, outcomes, decisions. After: observed (the next pass). Only the deciding thread touches it.
Losing it (a restart) costs timers, never correctness: the containers are adopted as they are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from reconciler.engine.executor import Outcome
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
from reconciler.plan.guard import MASS_DELETION
from reconciler.plan.status import Verdict
from reconciler.plan.terminations import heeded
from reconciler.plan.verdicts import Judgement
from reconciler.plan.world import Decision, Memory
from reconciler.spec.cluster import Stop
from reconciler.spec.wanted import WantedWorld
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Channel, Setback, Sighting
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale
from reconciler.state.terminations import Termination

RETIRED_SECONDS = 10.0
CONFIRMED_SECONDS = 120.0
SETBACK_SECONDS = 1200.0  # well beyond the longest back-off: a failure of last month says nothing of today's


class LoopMemory:
    """Sightings by container id, setbacks by cluster, the channel, and what the guard has to know."""

    def __init__(
        self, now: float, rollouts: Mapping[str, RolloutState], confirmed: Iterable[str], held: Iterable[str] = ()
    ) -> None:
        """`rollouts`, `confirmed` and `held` (clusters whose deletion waits for a person) are the store's."""
        self.sightings: dict[str, Sighting] = {}
        self.setbacks: dict[str, dict[str, Setback]] = {}
        self.channel = Channel(since=now)
        self.pulled: dict[str, int] = {}
        self.rollouts: Mapping[str, RolloutState] = dict(rollouts)
        self.scales: Mapping[str, Scale] = {}
        self.terminations: dict[str, Termination] = {}
        self._confirmed: dict[str, float] = dict.fromkeys(confirmed, now + CONFIRMED_SECONDS)
        self._stops: dict[str, Stop] = {}
        self._retired: dict[str, tuple[int, float]] = {}
        self.held = frozenset(held)
        self._concluded_at = now
        self._unseeing = False
        self._made: dict[str, float] = {}
        self._unstarted: set[str] = set()
        self._looked = False
        self._removed: set[str] = set()

    def guard(self, now: float) -> Memory:
        """What `decide` has to know of the past."""
        recent = {name: count for name, (count, at) in list(self._retired.items()) if now - at < RETIRED_SECONDS}
        confirmed = frozenset(name for name, until in list(self._confirmed.items()) if now < until)
        return Memory(confirmed=confirmed, retired=recent, stops=self._stops, kept=self.held)

    def confirm(self, names: Iterable[str], now: float) -> None:
        """A person named these clusters: their removal needs no further question for a while."""
        given = dict.fromkeys(names, now + CONFIRMED_SECONDS)
        self._confirmed.update(given)
        self.held -= given.keys()
        for name in given:
            self._retired.pop(name, None)  # what was asked for is no part of an accident

    def lose_sight(self) -> None:
        """The engine can't be asked: nothing is decided."""
        self._unseeing = True

    def regain_sight(self, now: float) -> None:
        """The engine answers: where it did not, no rollout could come on, and none is late for it."""
        if self._unseeing:
            away = now - self._concluded_at
            self.rollouts = {name: state.stood_still(away) for name, state in self.rollouts.items()}
            self._concluded_at, self._unseeing = now, False

    def sight(self, instances: Iterable[Instance], now: float, up_seconds: Callable[[str], float]) -> None:
        """Take note of every listed container; forget those that are gone. `up_seconds` asks the engine for its age."""
        known, seen, states = self.sightings, {}, dict[str, EngineState]()
        for instance in instances:
            states[instance.id] = instance.state
            sighting = known.get(instance.id)
            if sighting is None:
                sighting = self._first_sight(instance, now, up_seconds)
            elif instance.id in self._unstarted and instance.state is not EngineState.CREATED:
                # Listed while it was being made: its life begins with its start.
                sighting = replace(sighting, up_since=self._made.get(instance.id, now), dead_since=None)
            elif instance.alive and sighting.dead_since is not None:
                sighting = Sighting(up_since=now)  # somebody started it again: another life
            if (instance.state is EngineState.PAUSED) != (sighting.paused_since is not None):
                paused = now if instance.state is EngineState.PAUSED else None
                sighting = replace(sighting, paused_since=paused)
            if instance.state is EngineState.REMOVING and sighting.removing_since is None:
                sighting = replace(sighting, removing_since=now)
            seen[instance.id] = sighting
        self._unstarted = {id for id, state in states.items() if state is EngineState.CREATED}
        self.sightings, self._looked, self._made = seen, True, {}
        self._removed &= seen.keys()
        self.terminations = {id: asked for id, asked in self.terminations.items() if id in seen}

    def _first_sight(self, instance: Instance, now: float, up_seconds: Callable[[str], float]) -> Sighting:
        made_at = self._made.get(instance.id)
        if made_at is not None:
            return Sighting(up_since=made_at)
        if instance.state is EngineState.CREATED:
            # Not up yet, so there is no age to ask for; and while a container is being started the engine keeps
            # whoever asks waiting: half a second in which nothing would be decided.
            return Sighting(up_since=now, adopted=not self._looked)
        return Sighting(up_since=now - up_seconds(instance.id), adopted=not self._looked)

    def absorb(self, outcomes: Iterable[Outcome], now: float) -> None:
        """Take note of what the executor did."""
        for outcome in outcomes:
            action = outcome.action
            if outcome.error:
                # An engine that didn't answer counts, too: one that lists but breaks off at every creation
                # would else be asked without a pause.
                self._setback(action, outcome, now)
                continue
            if isinstance(action, RemoveInstance):
                if action.id in self._removed:
                    still = f"the engine says that {action.subject} is removed, and lists it still"
                    self._setback(action, replace(outcome, error=still), now)
                    continue
                self._removed.add(action.id)
            self._clear(action)
            if isinstance(action, CreateInstance):
                self._made[outcome.id] = now
            elif isinstance(action, OnInstance):
                self._step(action, now)

    def _step(self, action: OnInstance, now: float) -> None:
        sighting = self.sightings.get(action.id)
        if sighting is None:
            return
        match action:
            case PublishName():
                sighting = replace(sighting, withdrawn_at=None)
            case WithdrawName():
                sighting = replace(sighting, withdrawn_at=now)
            case PutInService():
                sighting = replace(sighting, held_out_at=None)
            case PutOutOfService():
                sighting = replace(sighting, held_out_at=now)
            case TerminateInstance():
                sighting = replace(sighting, terminated_at=now)
            case KillInstance():
                sighting = replace(sighting, killed_at=now)
        self.sightings[action.id] = sighting

    def _setback(self, action: Action, outcome: Outcome, now: float) -> None:
        key = _setback_key(action)
        failures = self.setbacks.setdefault(action.cluster, {})
        count = failures[key].count + 1 if key in failures else 1
        failures[key] = Setback(count=count, at=now, message=outcome.error, permanent=outcome.permanent)

    def _clear(self, action: Action) -> None:
        failures = self.setbacks.get(action.cluster)
        if failures is not None:
            failures.pop(_setback_key(action), None)

    def remember(self, decision: Decision, world: WantedWorld, now: float) -> None:
        """Take note of what the pass concluded."""
        self.channel, self.rollouts, self.scales = decision.channel, decision.rollouts, decision.scales
        self._concluded_at = now
        self.terminations = dict(heeded(self.terminations, world))
        for id, judgement in decision.judgements.items():
            self._note_verdict(id, judgement, now)
        for name, wanted in world.clusters.items():
            if wanted.spec is not None:
                self._stops[name] = wanted.spec.stop
        back = {name for name in self.held if name in world.clusters and world.clusters[name].spec is not None}
        self.held = (self.held - back) | {n for n, wait in decision.held.items() if wait.reason == MASS_DELETION}
        self.confirm(decision.retiring & self._confirmed.keys(), now)

    def forget(self, known: Collection[str], now: float) -> None:
        """Keep nothing of clusters that are neither wanted nor there, nor of what failed or was said long ago."""
        self.pulled = {name: generation for name, generation in self.pulled.items() if name in known}
        self._stops = {name: stop for name, stop in self._stops.items() if name in known}
        self.held &= frozenset(known)
        self._confirmed = {name: until for name, until in self._confirmed.items() if now < until}
        self.setbacks = {
            name: kept
            for name, failures in self.setbacks.items()
            if name in known and (kept := {key: one for key, one in failures.items() if now - one.at < SETBACK_SECONDS})
        }

    def listen_anew(self, now: float) -> None:
        """Nobody listened until now: no silence from before says anything."""
        self.channel = Channel(since=now)

    def note_retired(self, counts: Mapping[str, int], now: float) -> None:
        """Clusters whose removal was allowed in this pass, with their numbers of instances; but for those that a
        person named, which say nothing of the next one.
        """
        for name in counts.keys() - self._confirmed.keys():
            count = counts[name]
            before = self._retired.get(name)
            self._retired[name] = (max(count, before[0] if before else 0), now)
        self._retired = {n: kept for n, kept in self._retired.items() if now - kept[1] < RETIRED_SECONDS}

    def fresh_spec(self, name: str) -> None:
        """A cluster's spec is there, or another one: what failed under the old one says nothing of it, and what was
        said of its deletion is spent.
        """
        self.setbacks.pop(name, None)
        self._confirmed.pop(name, None)
        self._retired.pop(name, None)

    def _note_verdict(self, id: str, judgement: Judgement, now: float) -> None:
        sighting = self.sightings.get(id)
        if sighting is None:
            return
        if judgement.verdict is Verdict.READY:
            if sighting.ready_since is None:
                self.sightings[id] = replace(sighting, ready_since=now)
        elif judgement.verdict is Verdict.DEAD:
            if sighting.dead_since is None:
                self.sightings[id] = replace(sighting, dead_since=now, ready_since=None)
        elif judgement.verdict is not Verdict.UNKNOWN and sighting.ready_since is not None:
            self.sightings[id] = replace(sighting, ready_since=None)


def _setback_key(action: Action) -> str:
    if isinstance(action, CreateInstance):
        return f"create-{action.number}"
    if isinstance(action, PullImage):
        return "pull"
    return f"{action.kind}-{action.number}"
