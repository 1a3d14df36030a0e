"""Which versions each cluster has had, what their specs said, and how far its rollout is: kept over restarts.

Before: the store (an earlier loop's), the scanner's texts, each pass' decision. After: each pass, which is given the
versions and the earlier specs; the store. What a restart must not lose is on disk before anything is done about it.
Never here: a decision. A lost store loses history: what runs is taken in again from its labels, without its spec.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from reconciler.engine.kept_rollouts import KeptRollout, forget_rollout, keep_rollout, read_rollouts
from reconciler.engine.store import Store
from reconciler.loop.earlier import Earlier, SpecReader
from reconciler.plan.actions import CreateInstance
from reconciler.plan.world import Decision
from reconciler.spec.policy import Policy
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed
from reconciler.state.revisions import KeptRevision, Version
from reconciler.state.rollouts import RolloutState

MOST_KEPT = 20
FLUSH_SECONDS = 0.5
Texts = Callable[[str], tuple[str, bytes]]
"""The name and the text of the file of a cluster, as they are in force; empty where nothing is."""


class History:
    """One environment's versions and rollouts. For the deciding thread."""

    def __init__(self, store: Store, policy: Policy, wall: Callable[[], float], texts: Texts) -> None:
        """`wall` is in Unix seconds."""
        self._store = store
        self._wall = wall
        self._texts = texts
        self._read = SpecReader(policy)
        self._kept = store.revisions()
        self._rollouts = read_rollouts(store.notes())
        self._remembered = self._kept.keys() | self._rollouts.keys() | store.last_good().keys()
        self._files = WantedWorld()
        self._seen: frozenset[str] = frozenset()
        self._last: Mapping[str, RolloutState] = {}
        self.versions: dict[str, tuple[Version, ...]] = {name: _versions(kept) for name, kept in self._kept.items()}

    def rollouts(self, now: float) -> dict[str, RolloutState]:
        """How far the rollouts were when the loop before ended; their clocks begin anew."""
        return {name: kept.state.resumed(now) for name, kept in self._rollouts.items()}

    # ------------------------------------------------------------ before a pass

    def dress(self, world: WantedWorld) -> WantedWorld:
        """The same world; each cluster in it knows its earlier specs."""
        return replace(world, clusters={name: self._dress(wanted) for name, wanted in world.clusters.items()})

    def heed(self, world: WantedWorld, accepted: Mapping[str, bytes]) -> WantedWorld:
        """The files were read, those of `accepted` say something new; the world, dressed. A file may change without
        another version of it: then it is the newer text that this version has.
        """
        self._files = world
        for name, text in accepted.items():
            self._remembered.add(name)
            self._store.remember_spec(name, text)
            wanted, kept = world.clusters.get(name), self._kept.get(name, ())
            if wanted is not None and any(one.version.spec_hash == wanted.spec_hash for one in kept):
                self._keep(name, tuple(self._with_text(one, wanted) for one in kept))
        return self.dress(world)

    # ------------------------------------------------------------ after a pass, before anything is done

    def conclude(self, observed: Observed, decision: Decision) -> None:
        """Keep what a pass saw and concluded; waits for the disk only where a rollout took a step."""
        for plan in decision.plans:
            for action in plan.actions:
                if isinstance(action, CreateInstance):
                    self._add(action.cluster, _version(action), observed, decision)
        self._adopt(observed, decision)
        rollouts, last = decision.rollouts, self._last
        steps = [self._step(name, observed, decision) for name in rollouts if rollouts[name] is not last.get(name)]
        self._last = rollouts
        if any(steps) and not self._store.problem:
            self._store.flush(FLUSH_SECONDS)

    def told(self, cluster: str) -> frozenset[str]:
        """Which news of the present rollout were told."""
        kept = self._rollouts.get(cluster)
        return kept.told if kept is not None else frozenset()

    def tell(self, cluster: str, told: frozenset[str]) -> None:
        """These news were told."""
        kept = self._rollouts.get(cluster)
        if kept is not None and kept.told != told:
            self._keep_rollout(cluster, replace(kept, told=told))

    def forget(self, known: Collection[str]) -> None:
        """Keep nothing of clusters that are neither wanted nor there: a later one of their name begins anew."""
        for name in self._remembered.difference(known):
            self._kept.pop(name, None)
            self.versions.pop(name, None)
            self._store.forget(name)
            if self._rollouts.pop(name, None) is not None:
                forget_rollout(self._store, name)
        self._remembered.intersection_update(known)

    # ------------------------------------------------------------ versions

    def _dress(self, wanted: Wanted) -> Wanted:
        kept = self._kept.get(wanted.name, ())
        texts = {one.version.spec_hash: (one.file, one.text) for one in kept if one.text}
        return replace(wanted, earlier=Earlier(texts, self._read, wanted.spec_hash, wanted.spec))

    def _adopt(self, observed: Observed, decision: Decision) -> None:
        """Who runs with a version that isn't remembered: the store is new, or this process died with the news."""
        instances = [i for found in observed.instances.values() for i in found]
        for instance in instances:
            if instance.id not in self._seen:
                self._add(instance.cluster, _version(instance), observed, decision)
        self._seen = frozenset(i.id for i in instances)

    def _add(self, name: str, version: Version, observed: Observed, decision: Decision) -> None:
        kept = self._kept.get(name, ())
        if any(one.version == version for one in kept):
            return
        new = self._with_text(KeptRevision(version=version, at=self._wall()), self._files.clusters.get(name))
        if not new.text:
            same = next((one for one in kept if one.version.spec_hash == version.spec_hash), new)
            new = replace(new, text=same.text, file=same.file, image=same.image)
        self._keep(name, trimmed((*kept, new), frozenset(_needed(name, observed, decision))))

    def _with_text(self, kept: KeptRevision, wanted: Wanted | None) -> KeptRevision:
        """With the text of the file, where that is of this version."""
        if wanted is None or wanted.spec is None or wanted.spec_hash != kept.version.spec_hash:
            return kept
        file, text = self._texts(wanted.name)
        return replace(kept, text=text, file=file, image=wanted.spec.image) if text else kept

    def _keep(self, name: str, kept: tuple[KeptRevision, ...]) -> None:
        self._kept[name] = kept
        self._remembered.add(name)
        self.versions[name] = _versions(kept)
        self._store.remember_revisions(name, kept)

    # ------------------------------------------------------------ rollouts

    def _step(self, name: str, observed: Observed, decision: Decision) -> bool:
        """Keep how far a rollout is; whether that is another step than before. A first version has nothing to lose."""
        state, before = decision.rollouts[name], self._rollouts.get(name)
        lasting = state.lasting
        if before is not None and before.state == lasting:
            return False
        anew = before is not None and bool(before.state.terms) and not (state.terms or state.done)
        same = before is not None and before.state.to == state.to and not anew
        told = before.told if before is not None and same else frozenset[str]()
        self._keep_rollout(name, KeptRollout(state=lasting, told=told))
        if state.good == state.to or state.failed:
            self._add(name, state.to, observed, decision)
            self._judge(name, state)
        return state.back is not None

    def _judge(self, name: str, state: RolloutState) -> None:
        """What came of a version."""
        kept = self._kept.get(name, ())
        judged = [
            replace(one, good=one.good or state.good == state.to, why=state.failed) if one.version == state.to else one
            for one in kept
        ]
        self._keep(name, tuple(judged))

    def _keep_rollout(self, name: str, kept: KeptRollout) -> None:
        self._rollouts[name] = kept
        self._remembered.add(name)
        keep_rollout(self._store, name, kept)


def trimmed(kept: tuple[KeptRevision, ...], needed: Collection[Version]) -> tuple[KeptRevision, ...]:
    """At most MOST_KEPT, without the oldest; never without those `needed`, the newest and the newest good one."""
    good = next((one for one in reversed(kept) if one.good), None)
    excess = len(kept) - MOST_KEPT
    droppable = [one for one in kept[:-1] if one is not good and one.version not in needed]
    dropped = droppable[: max(0, excess)]
    return tuple(one for one in kept if one not in dropped)


def _needed(name: str, observed: Observed, decision: Decision) -> Iterator[Version]:
    """What runs, and what a rollout leads from and to."""
    for instance in observed.instances.get(name, ()):
        yield _version(instance)
    state = decision.rollouts.get(name)
    if state is not None:
        yield state.to
        if state.back is not None:
            yield state.back


def _version(of: CreateInstance | Instance) -> Version:
    return Version(revision=of.revision, spec_hash=of.spec_hash, image_id=of.image_id)


def _versions(kept: tuple[KeptRevision, ...]) -> tuple[Version, ...]:
    return tuple(one.version for one in kept)
