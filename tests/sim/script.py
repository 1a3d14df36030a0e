"""Scripts for the model: a list of happenings, each followed by a pass, with everything checked after each.

`play` raises AssertionError with a sentence as soon as something that must never happen has happened, and again
when the world does not come back to its specs after the script has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.plan.actions import CreateInstance
from reconciler.plan.world import Decision
from reconciler.spec.cluster import ClusterSpec, Rollout, Volume
from reconciler.state.image import Image
from reconciler.state.instance import Foreign
from tests.sim.checks import LIMIT_SECONDS, check_pass, may_be_deleted
from tests.sim.closing import check_open_zones, still
from tests.sim.hearing import Hearing
from tests.sim.model import actions_of
from tests.sim.pushing import Pushing
from tests.sim.registry import Registering, check_given
from tests.sim.sizes import TARGET, Loading, size_of
from tests.sim.terminating import Terminating

Happening = tuple[str, int, int]
KINDS = (
    "tick", "tick", "land", "land", "land", "fail", "die", "vanish", "remove", "hang", "deaf", "hear", "restart",
    "resize", "rezone", "revise", "break", "rollout", "rebuild", "foreign", "suspend", "pass", "wait", "stale",
    "echo", "wake", "delete", "return", "confirm", "close", "open", "keep", "cut", "mend",
    "autoscale", "load", "load",
    "forget", "away",
    "pause", "promote", "restarted", "spoil", "revise", "rollout",
    "terminate", "terminate", "traffic",
)  # fmt: skip
CALM_PASSES = 700

_ZONES = (("a",), ("a", "b"), ("a", "b", "c"), ("b", "c"), ("c", "d", "a"))
_TICKS = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 12.0, 40.0)
_REMOVALS = (0.3, 2.0, 8.0, 15.0)


@dataclass(slots=True)
class Play(Pushing, Hearing, Loading, Registering, Terminating):
    """A script being played on a model with two clusters, `web` (which is changed) and `db` (which is not)."""

    other: ClusterSpec = field(
        default_factory=lambda: ClusterSpec(name="db", image="db:1", size=2, zones=("a", "b"), depends_on=("web",))
    )
    revision: int = 1
    begun: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Both clusters as their specs want them."""
        self.model.want(self.spec)
        self.model.want(self.other)
        passes = self.model.run(60)
        assert passes < 60, "two new clusters don't come up"

    def happen(self, kind: str, a: int, b: int) -> None:
        """One thing, then a pass."""
        getattr(self, f"_{kind}")(a, b)
        self.step()

    def step(self) -> None:
        """A pass, looked at from all sides before anything of it is carried out."""
        self._hand_out(self.model.consider())

    def _hand_out(self, decision: Decision) -> None:
        model = self.model
        actions = actions_of(decision)
        self.begun = {name: at for name, at in self.begun.items() if name not in model.wanted}
        deletable = may_be_deleted(model, self.begun)
        self.begun |= dict.fromkeys(deletable, model.now)
        model.remember(decision)
        check_pass(model, list(model.flights), actions, deletable)
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
        """A timer's pass on the listing of before: it counts if it finds nothing to do, else the engine is asked."""
        listed = self.model.instances
        for action in self.model.flights[: a + 1]:
            self.model.land(action)
        decision = self.model.consider(instances=listed)
        if not actions_of(decision):
            self.model.remember(decision)

    def _echo(self, a: int, b: int) -> None:
        """Actions that land between the look at what is under way and the listing: both show them."""
        under_way = self.model.in_flight
        for action in self.model.flights[b : a + 1]:
            self.model.land(action)
        self._hand_out(self.model.consider(in_flight=under_way))

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

    def _remove(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.remove(key, _REMOVALS[b % len(_REMOVALS)])

    def _hang(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.boxes[key].beats = False

    def _wake(self, a: int, b: int) -> None:
        if (key := self._pick(a)) is not None:
            self.model.boxes[key].beats = True

    def _restart(self, a: int, b: int) -> None:
        """Of what is under way, some lands yet and some doesn't; a creation may be left half done."""
        for index, action in enumerate(list(self.model.flights)):
            if a >> (index % 3) & 1:
                self.model.land(action)
            elif b and isinstance(action, CreateInstance):
                self.model.create(action, half=True)
        self.model.restart_loop()
        self.begun.clear()

    def _delete(self, a: int, b: int) -> None:
        """Files go away: one or both, or with the whole directory."""
        if b == 3:
            self.model.untrusted = "the directory vanished"
        for name in (("web",), ("db",), ("web", "db"))[a % 3]:
            self.model.unwant(name)

    def _return(self, a: int, b: int) -> None:
        self.model.untrusted = None
        for spec in (self.spec, self.other)[: 1 + a % 2]:
            if spec.name not in self.model.wanted:
                self.model.want(spec)

    def _confirm(self, a: int, b: int) -> None:
        self.model.confirm(self.model.consider().held)

    def _save(self, **changes: object) -> None:
        self.spec = replace(self.spec, **changes)  # type: ignore[arg-type]
        if "web" in self.model.wanted:
            self.model.want(self.spec)

    def _rezone(self, a: int, b: int) -> None:
        self._save(zones=_ZONES[a % len(_ZONES)])

    def _revise(self, a: int, b: int) -> None:
        self.revision = a if b else self.revision + 1
        self._save(environment={"REVISION": str(self.revision)})

    def _break(self, a: int, b: int) -> None:
        """A revision whose instances never get ready."""
        self._save(environment={"BROKEN": str(a)})
        self.model.broken |= {self.spec.spec_hash()}

    def _rebuild(self, a: int, b: int) -> None:
        self.model.images["web:1"] = Image(id=f"sha256:web-{a}", has_agent=True)

    def _foreign(self, a: int, b: int) -> None:
        name = f"dev-web-{a + 1}"
        if all(box.instance.container != name for box in self.model.boxes.values()):
            self.model.foreign = (Foreign(id="stranger", container=name, reason="label is missing"),)

    def _suspend(self, a: int, b: int) -> None:
        self._save(suspend=not self.spec.suspend)

    def _close(self, a: int, b: int) -> None:
        """A zone is taken out of service, or all of them; the store remembers it when the loop is killed."""
        self.model.closed |= frozenset("abcd" if b == 3 else "abcd"[a % 4])

    def _keep(self, a: int, b: int) -> None:
        """From now on the instances keep data, so that they are changed in place."""
        rollout = Rollout(strategy="in-place", surge=0, unavailable=1)
        self._save(volumes=(Volume(source="data", target="/data"),), rollout=rollout)

    def _open(self, a: int, b: int) -> None:
        self.model.closed = frozenset() if b == 3 else self.model.closed - {"abcd"[a % 4]}

    # ---------------------------------------------------------------- what must happen in the end

    def _calm_pass(self, seconds: float) -> None:
        self.step()
        for action in list(self.model.flights):
            self.model.land(action)
        self.model.tick(seconds)

    def settle(self) -> None:
        """Faults stop, the last spec is a good one: the world comes back to it, and stays; closed zones open last."""
        self._end_faults()
        if self.model.closed:
            self._rest(lambda: still(self.model))
            check_open_zones(self.model)
            self.model.closed = frozenset()
        self._rest(self.model.quiet)
        self._check_end()

    def _end_faults(self) -> None:
        model = self.model
        model.hear_all()
        model.jobs = TARGET
        model.untrusted = None
        model.registry.away = False
        if "db" not in model.wanted:
            model.want(self.other)
        changes: dict[str, object] = {"suspend": False, "traffic": True}
        if self.spec.spec_hash() in model.broken:
            changes["environment"] = {"REVISION": "good"}
        self._mend_image()
        self._return(0, 0)
        self._save(**changes)

    def _rest(self, at_rest: Callable[[], bool]) -> None:
        model = self.model
        creations = 0
        most = 4 * (len(model.boxes) + size_of(self.model, "web") + 2 + len(model.flights)) + 8
        quiet = 0
        for _ in range(CALM_PASSES):
            waiting = set(map(id, model.flights))
            self._calm_pass(1.0)
            self._lead_on()
            creations += sum(1 for a in model.flights if isinstance(a, CreateInstance) and id(a) not in waiting)
            quiet = quiet + 1 if at_rest() else 0
            if quiet > 2 * LIMIT_SECONDS:  # who was presumed well has been listened to by then
                break
        else:
            message = "; ".join(str(plan) for plan in model.decide().plans)
            raise AssertionError(f"the world does not come to rest: {message}; {model.channel}")
        assert creations <= most, "creating and killing go round in a circle"

    def _check_end(self) -> None:
        model = self.model
        for name, wanted in model.wanted.items():
            assert wanted.spec is not None
            alive = model.alive(name)
            assert len(alive) == size_of(model, name), f"{len(alive)} of {name} run, {size_of(model, name)} are wanted"
            boxes = [b for b in model.boxes.values() if b.instance.cluster == name]
            assert len(boxes) == len(alive), "a corpse is left"
            assert {b.instance.spec_hash for b in alive} <= {wanted.spec_hash}, "an outdated one is left"
            image = model.images[wanted.spec.image].id
            assert {b.instance.image_id for b in alive} <= {image}, "one of an old image is left"
            zones = [model.zones(name)[zone] for zone in wanted.spec.zones]
            assert sum(zones) == size_of(model, name), "one stands in a zone that nobody wants"
            assert max(zones) - min(zones) <= 1, f"the zones are out of balance: {zones}"
            published = {b.instance.id for b in alive if (r := model.names.get(b.instance.id)) and r.ready}
            assert len(published) == size_of(model, name), "a ready one has no name"
        assert not model.terminations, "whom a person wants ended is there still"
        assert len(model.names) == len(model.boxes), "a name is left of something gone"
        check_given(model)
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
