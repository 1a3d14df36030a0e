"""Rollouts in the small world: what people say of them, what is wrong with a version, what must never come of it.

Before: script, whose happenings these are. After: checks. Each check raises AssertionError with a sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from reconciler.plan.actions import Action, CreateInstance, PublishName, PutInService, TerminateInstance, WithdrawName
from reconciler.plan.thinning import unavailable
from reconciler.spec.cluster import CanaryStage, ClusterSpec, RedBlack, Rollout, Stop, Strategy
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.revisions import Version
from tests.sim.model import Model, targets
from tests.sim.sizes import size_of

ROLLOUTS = (
    Rollout(),
    Rollout(bake_seconds=0.0),
    Rollout(surge=2, bake_seconds=3.0),
    Rollout(surge=0, unavailable=1),
    Rollout(surge=1, unavailable=1, bake_seconds=0.0),
    Rollout(strategy="in-place", surge=0, unavailable=1),
    Rollout(strategy="red-black", red_black=RedBlack(keep_seconds=8.0)),
    Rollout(strategy="canary", canary=CanaryStage(after_seconds=6.0)),
    Rollout(strategy="canary", canary=CanaryStage(size=None, percent=40.0)),
    Rollout(strategy="canary", surge=0, unavailable=1),
    Rollout(strategy="red-black", red_black=RedBlack(keep_seconds=0.0), deadline_seconds=4.0),
    Rollout(deadline_seconds=4.0, rollback=False),
    Rollout(strategy="red-black", red_black=RedBlack(keep_seconds=6.0, judged=True)),
)


@dataclass(slots=True)
class Pushing:
    """Happenings of a play that concern rollouts alone."""

    model: Model = field(default_factory=Model)
    spec: ClusterSpec = field(
        default_factory=lambda: ClusterSpec(
            name="web", image="web:1", size=3, zones=("a", "b"), stop=Stop(grace_seconds=3.0, drain_seconds=1.0)
        )
    )
    fixes: int = 0

    def _save(self, **changes: object) -> None:
        raise NotImplementedError

    def _rollout(self, a: int, b: int) -> None:
        rollout = ROLLOUTS[(a + 8 * (b == 3)) % len(ROLLOUTS)]
        if self.spec.volumes and not rollout.in_place:  # no file says so of what keeps data
            strategy: Strategy = "canary" if rollout.strategy == "canary" else "in-place"
            rollout = replace(rollout, strategy=strategy, surge=0, unavailable=max(1, rollout.unavailable))
        self._save(rollout=rollout)

    def _pause(self, a: int, b: int) -> None:
        self._save(rollout=replace(self.spec.rollout, paused=not self.spec.rollout.paused))

    def _traffic(self, a: int, b: int) -> None:
        self._save(traffic=not self.spec.traffic)

    def _promote(self, a: int, b: int) -> None:
        state = self.model.rollouts.get("web")
        if state is not None:
            self._save(rollout=replace(self.spec.rollout, promoted=state.to.revision))

    def _restarted(self, a: int, b: int) -> None:
        """A person asks for new instances of the same."""
        self._save(rollout=replace(self.spec.rollout, restarted=f"2026-11-29T00:00:{a:02d}Z"))

    def _spoil(self, a: int, b: int) -> None:
        """The tag means another image now, whose instances never get ready."""
        bad = Image(id=f"sha256:bad-{a}", has_agent=True)
        self.model.images["web:1"] = bad
        self.model.broken_images |= {bad.id}

    def _mend_image(self) -> None:
        """Whoever built an image that never gets ready builds one that does."""
        if self.model.images["web:1"].id in self.model.broken_images:
            self.model.images["web:1"] = Image(id=f"sha256:fix-{self.fixes}", has_agent=True)

    def _lead_on(self) -> None:
        """What people do in the end: go on, promote, and write another version in place of one that has failed."""
        state, rollout = self.model.rollouts.get("web"), self.spec.rollout
        if rollout.paused:
            self._save(rollout=replace(rollout, paused=False))
        if state is None or state.done:
            return
        if state.failed:
            self.fixes += 1
            self._mend_image()
            self._save(environment={"REVISION": f"fix {self.fixes}"})
        elif (rollout.strategy == "canary" or rollout.red_black.judged) and rollout.promoted != state.to.revision:
            self._promote(0, 0)


def check_traffic(model: Model, actions: Sequence[Action]) -> None:
    """Whoever truly works and has the traffic loses it only if enough others that work have it.

    Who is silent for longer than its limit may lose it: nobody can know that it works.
    """
    for name, wanted in model.wanted.items():
        if wanted.spec is None:
            continue
        if not wanted.spec.traffic:
            ours = [a for a in actions if a.cluster == name]
            given = [a for a in ours if isinstance(a, PutInService) or (isinstance(a, PublishName) and a.record.ready)]
            assert not given, f"{name} gets traffic, and its file says that it has none"
            _check_taken(model, name, actions)
            continue
        led = {
            box.instance.id
            for box in model.alive(name)
            if (record := model.names.get(box.instance.id)) is not None
            and record.ready
            and not _silent(model, box.instance.id)
        } - model.terminations.keys()
        lost = {
            a.id for a in actions if isinstance(a, WithdrawName) or (isinstance(a, PublishName) and not a.record.ready)
        }
        least = size_of(model, name) - unavailable(wanted.spec)
        assert not lost & led or len(led - lost) >= least, f"the traffic of {name} leads to {len(led - lost)}"


def _check_taken(model: Model, name: str, actions: Sequence[Action]) -> None:
    """At once, from all that run and aren't busy; but where nothing is done at all, or the last try has failed."""
    spec = model.wanted[name].spec
    if spec is None or spec.suspend or model.setbacks.get(name):
        return
    busy = set(targets(model.flights)) | set(targets(actions))
    running = {box.instance.id for box in model.alive(name) if box.instance.state is EngineState.RUNNING}
    left = [key for key, record in model.names.items() if record.ready and key in running - busy]
    assert not left, f"{left[0]} keeps its traffic, and its file says that it has none"


def check_judgment(model: Model, actions: Sequence[Action]) -> None:
    """What a person has to judge first gets no traffic that it hadn't before.

    What the planner says of a judgment or a switch counts only where a person's word was seen, or the version was good
    before: `judged` are those.
    """
    for name, wanted in model.wanted.items():
        state, spec = model.rollouts.get(name), wanted.spec
        if spec is None or state is None:
            continue
        asked = spec.rollout.strategy == "red-black" and spec.rollout.red_black.judged
        version = (name, state.to.spec_hash, state.to.image_id)
        if not asked or state.done or spec.rollout.promoted == state.to.revision:
            model.judged.add(version)
        if state.back is None or state.done or _is(state.to, state.back):
            continue
        if not asked or ((state.promoted or state.switched_at is not None) and version in model.judged):
            continue
        known = state.back.spec_hash in wanted.earlier
        for action in actions:
            if not isinstance(action, PublishName) or action.cluster != name or not action.record.ready:
                continue
            box, before = model.boxes.get(action.id), model.names.get(action.id)
            new = box is not None and _is(box.instance, state.to) and not (before is not None and before.ready)
            assert not (new and known), f"{action.subject} gets the traffic, and nobody has judged it"


def check_pause(model: Model, actions: Sequence[Action]) -> None:
    """Nobody ends for a rollout that is paused; but what is of neither group of a red-black one."""
    for name, wanted in model.wanted.items():
        state = model.rollouts.get(name)
        if wanted.spec is None or state is None or state.held_at is None or not wanted.spec.rollout.paused:
            continue
        for action in actions:
            if action.cluster == name and isinstance(action, TerminateInstance):
                outdated = action.cause.startswith(("outdated", "image rebuilt"))
                assert not outdated or wanted.spec.rollout.strategy == "red-black", f"paused, {action.subject} ends"


def check_canary(model: Model, before: Sequence[Action], actions: Sequence[Action]) -> None:
    """Nothing is made of a version that has failed and is gone back from; of one in its canary stage only so many."""
    for name, wanted in model.wanted.items():
        state, spec = model.rollouts.get(name), wanted.spec
        if spec is None or state is None or state.back is None or state.done or _is(state.to, state.back):
            continue
        new = [a for a in actions if a.cluster == name and _makes(a, state.to)]
        if not new:
            continue
        assert not (state.failed and spec.rollout.rollback), f"{state.to.revision} has failed and is made again"
        if spec.rollout.strategy == "canary" and not state.promoted and not spec.rollout.paused:
            told = {a.id for a in before if isinstance(a, TerminateInstance)}  # it stands no more
            there = (b.instance for b in model.alive(name) if not b.ended and b.instance.id not in told)
            standing = {instance.number for instance in there if _is(instance, state.to)}
            numbers = standing | {a.number for a in [*before, *new] if _makes(a, state.to)}
            most = spec.rollout.canary.count(size_of(model, name))
            assert len(numbers) <= most, f"{len(numbers)} canaries, at most {most} may be"


def _is(one: Instance | CreateInstance | Version, version: Version) -> bool:
    return (one.spec_hash, one.image_id) == (version.spec_hash, version.image_id)


def _makes(action: Action, version: Version) -> TypeGuard[CreateInstance]:
    return isinstance(action, CreateInstance) and _is(action, version)


def _silent(model: Model, key: str) -> bool:
    beat = model.beats.get(key)
    return beat is None or model.now - beat.at > 3.0
