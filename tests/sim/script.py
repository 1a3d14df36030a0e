"""Scripts for the model: a list of happenings, each followed by a pass, with everything checked after each.

`play` raises AssertionError with a sentence as soon as something that must never happen has happened, and again
when the world does not come back to its specs after the script has ended.
"""

from dataclasses import dataclass, field, replace

from reconciler.plan.actions import Action, CreateInstance, KillInstance, RemoveInstance, TerminateInstance
from reconciler.plan.status import Verdict
from reconciler.plan.thinning import surge, unavailable
from reconciler.plan.world import Decision
from reconciler.spec.cluster import ClusterSpec, Rollout, Stop
from reconciler.state.image import Image
from reconciler.state.instance import Foreign
from tests.sim.model import Model, targets

Happening = tuple[str, int, int]
KINDS = (
    "tick", "tick", "land", "land", "land", "fail", "die", "vanish", "hang", "deaf", "hear", "restart",
    "resize", "rezone", "revise", "break", "rollout", "rebuild", "foreign", "suspend", "pass", "wait", "stale",
)  # fmt: skip
SILENCE_SECONDS = 5.0
CALM_PASSES = 700

_ZONES = (("a",), ("a", "b"), ("a", "b", "c"), ("b", "c"), ("c", "d", "a"))
_TICKS = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 12.0, 40.0)
_ROLLOUTS = (
    Rollout(),
    Rollout(bake_seconds=0.0),
    Rollout(surge=2, bake_seconds=3.0),
    Rollout(surge=0, unavailable=1),
    Rollout(surge=1, unavailable=1, bake_seconds=0.0),
    Rollout(strategy="in-place", surge=0, unavailable=1),
)


@dataclass(slots=True)
class Play:
    """A script being played on a model with two clusters, `web` (which is changed) and `db` (which is not)."""

    model: Model = field(default_factory=Model)
    spec: ClusterSpec = field(
        default_factory=lambda: ClusterSpec(
            name="web", image="web:1", size=3, zones=("a", "b"), stop=Stop(grace_seconds=3.0, drain_seconds=1.0)
        )
    )
    silence_at: float = -100.0
    revision: int = 1

    def start(self) -> None:
        """Both clusters as their specs want them."""
        self.model.want(self.spec)
        self.model.want(ClusterSpec(name="db", image="db:1", size=2, zones=("a", "b"), depends_on=("web",)))
        passes = self.model.run(60)
        assert passes < 60, "two new clusters don't come up"

    def happen(self, kind: str, a: int, b: int) -> None:
        """One thing, then a pass."""
        getattr(self, f"_{kind}")(a, b)
        self.step()

    def step(self) -> None:
        """A pass, looked at from all sides before anything of it is carried out."""
        model = self.model
        before = list(model.flights)
        decision = model.decide()
        actions = [action for plan in decision.plans for action in plan.actions]
        self._check_targets(before, actions)
        self._check_numbers(before, actions)
        self._check_running(before, actions)
        self._check_availability(decision, actions)
        model.flights += actions

    # ---------------------------------------------------------------- happenings

    def _tick(self, a: int, b: int) -> None:
        self.model.tick(_TICKS[a % len(_TICKS)])

    def _wait(self, a: int, b: int) -> None:
        for _ in range(4):
            self._calm_pass(0.5 + a / 4)

    def _pass(self, a: int, b: int) -> None:
        """Nothing but another pass."""

    def _stale(self, a: int, b: int) -> None:
        """A listing that is older than what the loop already knows to have landed; the pass acts on it."""
        seen = self.model.observed
        for action in list(self.model.flights):
            self.model.land(action)
        decision = self.model.decide(replace(seen, in_flight=self.model.observed.in_flight))
        for plan in decision.plans:
            for action in plan.actions:
                if isinstance(action, CreateInstance) and action.replaces is None:
                    self.model.flights.append(action)

    def _land(self, a: int, b: int) -> None:
        if self.model.flights:
            self.model.land(self.model.flights[a % len(self.model.flights)])

    def _fail(self, a: int, b: int) -> None:
        if self.model.flights:
            self.model.land(self.model.flights[a % len(self.model.flights)], fails=True)

    def _pick(self, a: int) -> str | None:
        keys = sorted(self.model.boxes)
        return keys[a % len(keys)] if keys else None

    def _die(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.die(key, exit_code=b)

    def _vanish(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.vanish(key)

    def _hang(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.boxes[key].beats = False
            self.silence_at = self.model.now

    def _deaf(self, a: int, b: int) -> None:
        self.model.deaf = frozenset(("a", "b", "c", "d") if b == 0 else ("abcd"[a % 4],))
        self.silence_at = self.model.now

    def _hear(self, a: int, b: int) -> None:
        self.model.deaf = frozenset()

    def _restart(self, a: int, b: int) -> None:
        self.model.restart_loop()

    def _save(self, **changes: object) -> None:
        self.spec = replace(self.spec, **changes)  # type: ignore[arg-type]
        self.model.want(self.spec)

    def _resize(self, a: int, b: int) -> None:
        self._save(size=a)

    def _rezone(self, a: int, b: int) -> None:
        self._save(zones=_ZONES[a % len(_ZONES)])

    def _revise(self, a: int, b: int) -> None:
        self.revision = a if b else self.revision + 1
        self._save(environment={"REVISION": str(self.revision)})

    def _break(self, a: int, b: int) -> None:
        """A revision whose instances never get ready."""
        self._save(environment={"BROKEN": str(a)})
        self.model.broken |= {self.spec.spec_hash()}

    def _rollout(self, a: int, b: int) -> None:
        self._save(rollout=_ROLLOUTS[a % len(_ROLLOUTS)])

    def _rebuild(self, a: int, b: int) -> None:
        self.model.images["web:1"] = Image(id=f"sha256:web-{a}", has_agent=True)

    def _foreign(self, a: int, b: int) -> None:
        name = f"dev-web-{a + 1}"
        if all(box.instance.container != name for box in self.model.boxes.values()):
            self.model.foreign = (Foreign(id="stranger", container=name, reason="label is missing"),)

    def _suspend(self, a: int, b: int) -> None:
        self._save(suspend=not self.spec.suspend)

    # ---------------------------------------------------------------- what must never happen

    def _check_targets(self, before: list[Action], actions: list[Action]) -> None:
        strangers = {foreign.id for foreign in self.model.foreign}
        busy = set(targets(before))
        touched = [i for a in actions if not isinstance(a, CreateInstance) for i in targets([a])]
        assert len(touched) == len(set(touched)), "two actions of one pass concern one container"
        for action in actions:
            for key in targets([action]):
                assert key not in strangers, "a foreign container is touched"
                assert key not in busy, f"{action.kind} on a container on which an action is under way"
                box = self.model.boxes.get(key)
                if box is not None:
                    assert box.instance.cluster == action.cluster, "an action carries another cluster's container"

    def _check_numbers(self, before: list[Action], actions: list[Action]) -> None:
        live = {
            (b.instance.cluster, b.instance.number): b.instance.id
            for b in self.model.boxes.values()
            if b.instance.alive
        }
        made = [(a.cluster, a.number) for a in [*before, *actions] if isinstance(a, CreateInstance)]
        assert len(made) == len(set(made)), "one number is created twice at once"
        squatted = {foreign.container for foreign in self.model.foreign}
        for action in actions:
            if isinstance(action, CreateInstance):
                holder = live.get((action.cluster, action.number))
                assert holder in (None, action.replaces), "a number is created that a live instance holds"
                assert f"dev-{action.cluster}-{action.number}" not in squatted, "a stranger's number is created"

    def _check_running(self, before: list[Action], actions: list[Action]) -> None:
        for name, wanted in self.model.wanted.items():
            made = [a for a in actions if isinstance(a, CreateInstance) and a.cluster == name]
            if not made or wanted.spec is None:
                continue
            coming = [*made, *(a for a in before if isinstance(a, CreateInstance) and a.cluster == name)]
            numbers = {box.instance.number for box in self.model.alive(name)} | {a.number for a in coming}
            canary = self.model.channel.canary
            most = wanted.spec.size + surge(wanted.spec)
            if canary is not None and canary.cluster == name:
                numbers.discard(canary.number)
                if [a.number for a in made] == [canary.number]:
                    continue
            assert len(numbers) <= most, f"{len(numbers)} would run, at most {most} may"

    def _check_availability(self, decision: Decision, actions: list[Action]) -> None:
        model = self.model
        for name, wanted in model.wanted.items():
            ended = {
                a.id
                for a in actions
                if isinstance(a, TerminateInstance | KillInstance | RemoveInstance) and a.cluster == name
            }
            if not ended or wanted.spec is None:
                continue
            least = wanted.spec.size - unavailable(wanted.spec)
            ready = {
                box.instance.id
                for box in model.alive(name)
                if not box.ended and decision.judgements[box.instance.id].verdict in (Verdict.READY, Verdict.UNKNOWN)
            }
            assert not ready & ended or len(ready - ended) >= least, "a planned end leaves too few ready"
            if model.deaf or model.now - self.silence_at < SILENCE_SECONDS:
                continue  # nobody can know yet
            true = {
                box.instance.id
                for box in model.alive(name)
                if not box.ended and box.beats and box.instance.spec_hash not in model.broken
                and model.now - box.made_at >= model.boot_seconds
            }  # fmt: skip
            assert not true & ended or len(true - ended) >= least, "a planned end leaves too few that truly serve"

    # ---------------------------------------------------------------- and what must happen

    def _calm_pass(self, seconds: float) -> None:
        self.step()
        for action in list(self.model.flights):
            self.model.land(action)
        self.model.tick(seconds)

    def settle(self) -> None:
        """Faults stop, the last spec is a good one: the world comes back to it, and stays."""
        model = self.model
        model.deaf = frozenset()
        changes: dict[str, object] = {"suspend": False}
        if self.spec.spec_hash() in model.broken:
            changes["environment"] = {"REVISION": "good"}
        self._save(**changes)
        creations = 0
        most = 4 * (len(model.boxes) + self.spec.size + 2 + len(model.flights)) + 8
        for number in range(CALM_PASSES):
            waiting = set(map(id, model.flights))
            self._calm_pass(1.0)
            creations += sum(1 for a in model.flights if isinstance(a, CreateInstance) and id(a) not in waiting)
            if number > SILENCE_SECONDS and not model.flights and model.quiet():
                break
        else:
            message = "; ".join(str(plan) for plan in model.decide().plans)
            raise AssertionError(f"the world does not come to rest: {message}; {model.channel}")
        assert creations <= most, "creating and killing go round in a circle"
        self._check_end()

    def _check_end(self) -> None:
        model = self.model
        for name, wanted in model.wanted.items():
            assert wanted.spec is not None
            alive = model.alive(name)
            assert len(alive) == wanted.spec.size, f"{len(alive)} of {name} run, {wanted.spec.size} are wanted"
            assert len([b for b in model.boxes.values() if b.instance.cluster == name]) == len(alive), "a corpse is left"
            assert {b.instance.spec_hash for b in alive} <= {wanted.spec_hash}, "an outdated one is left"
            image = model.images[wanted.spec.image].id
            assert {b.instance.image_id for b in alive} <= {image}, "one of an old image is left"
            zones = [model.zones(name)[zone] for zone in wanted.spec.zones]
            assert sum(zones) == wanted.spec.size, "one stands in a zone that nobody wants"
            assert max(zones) - min(zones) <= 1, f"the zones are out of balance: {zones}"
            published = {b.instance.id for b in alive if (r := model.names.get(b.instance.id)) and r.ready}
            assert len(published) == wanted.spec.size, "a ready one has no name"
        assert len(model.names) == len(model.boxes), "a name is left of something gone"
        model.tick(0.5)
        further = model.step()
        assert not further, f"a further pass plans something: {further[0].kind} {further[0].subject}"


def play(script: list[Happening]) -> Play:
    """Play a script from a settled start to a settled end."""
    playing = Play()
    playing.start()
    for kind, a, b in script:
        playing.happen(kind, a, b)
    playing.settle()
    return playing
