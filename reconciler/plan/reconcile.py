"""The decision for one cluster: wanted and observed in, Plan out. Pure: the same input gives the same plan.

Before: spec.wanted, state.observed, verdicts, channel. After: the loop carries the plan out; `reconciler plan` prints it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.plan.actions import Action, PullImage, RemoveInstance, WithdrawName
from reconciler.plan.backoff import retry_at
from reconciler.plan.buckets import Buckets, sort_instances
from reconciler.plan.ending import next_step
from reconciler.plan.filling import Filler, Filling
from reconciler.plan.limits import Limits
from reconciler.plan.naming import name_actions
from reconciler.plan.placement import misplaced
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.status import Verdict
from reconciler.plan.thinning import spared, surge, surplus
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec, Stop
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed


@dataclass(slots=True)
class _Draft:
    """A plan being written."""

    cluster: str
    actions: list[Action] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)

    def end(self, instance: Instance, cause: str, stop: Stop, observed: Observed, now: float) -> None:
        step = next_step(instance, cause, stop, observed, now)
        if step.action is not None:
            self.actions.append(step.action)
        if step.next_at is not None:
            self.wake_at.append(step.next_at)

    def done(self, now: float, held: Wait | None = None) -> Plan:
        later = [at - now for at in self.wake_at if at > now]
        return Plan(
            cluster=self.cluster,
            actions=tuple(self.actions),
            waits=tuple(self.waits),
            held=held,
            requeue_after_seconds=min(later) if later else None,
        )


def reconcile(
    wanted: Wanted,
    observed: Observed,
    judgements: dict[str, Judgement],
    *,
    now: float,
    limits: Limits,
    ready_clusters: Collection[str] = (),
) -> Plan:
    """Decide what one cluster needs. `ready_clusters` are the names whose dependents may start."""
    spec = wanted.spec
    draft = _Draft(wanted.name)
    instances = observed.instances.get(wanted.name, ())
    if spec is None:
        held = Wait(reason="SpecUnreadable", message="its file can't be read and no earlier version is known")
        return draft.done(now, held)
    if spec.suspend:
        draft.actions += name_actions(spec, instances, judgements, observed, ())
        return draft.done(now)
    if _settled(spec, wanted, observed, instances, judgements):
        return _quiet(draft, spec, observed, instances, judgements, now)
    return _Pass(spec, wanted, observed, judgements, now, limits, draft).plan(ready_clusters)


def retire(name: str, observed: Observed, *, now: float, stop: Stop) -> Plan:
    """End every instance of a cluster that has no spec any more."""
    draft = _Draft(name)
    busy = {flight.id for flight in observed.in_flight.get(name, ())}
    for instance in observed.instances.get(name, ()):
        if instance.id not in busy:
            draft.end(instance, "no spec wants it any more", stop, observed, now)
    return draft.done(now)


def _settled(
    spec: ClusterSpec,
    wanted: Wanted,
    observed: Observed,
    instances: tuple[Instance, ...],
    judgements: dict[str, Judgement],
) -> bool:
    """The common case, decided cheaply: as many as wanted, all ready, all of this spec and image, zones balanced."""
    if len(instances) != spec.size or observed.in_flight.get(wanted.name) or wanted.missing_files:
        return False
    image = observed.images.get(spec.image)
    counts = dict.fromkeys(spec.zones, 0)
    for instance in instances:
        if (
            judgements[instance.id].verdict is not Verdict.READY
            or instance.spec_hash != wanted.spec_hash
            or instance.zone not in counts
            or (image is not None and instance.image_id != image.id)
        ):
            return False
        counts[instance.zone] += 1
    if spec.pull == "always" and observed.pulled.get(spec.name) != wanted.generation:
        return False
    return max(counts.values()) - min(counts.values()) <= 1


def _quiet(
    draft: _Draft,
    spec: ClusterSpec,
    observed: Observed,
    instances: tuple[Instance, ...],
    judgements: dict[str, Judgement],
    now: float,
) -> Plan:
    draft.actions += name_actions(spec, instances, judgements, observed, ())
    draft.wake_at += [at for i in instances if (at := judgements[i.id].changes_at) is not None]
    return draft.done(now)


@dataclass(slots=True)
class _Pass:
    """One cluster that is not as it should be."""

    spec: ClusterSpec
    wanted: Wanted
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits
    draft: _Draft

    def plan(self, ready_clusters: Collection[str]) -> Plan:
        spec, observed, now = self.spec, self.observed, self.now
        canary = observed.channel.canary
        extra = 1 if canary is not None and canary.cluster == spec.name else 0
        desired = spec.size + extra
        buckets = sort_instances(spec, self.wanted, observed, self.judgements, now, self.limits)
        if self._complete(buckets, desired) and not extra:
            buckets.outdated |= misplaced(buckets.sound, spec.zones, spec.size)
        doomed = self._doomed(buckets, desired)
        gap = self._gap(buckets, doomed, desired)
        filling = self._fill(buckets, doomed, gap, ready_clusters, canary.zone if canary and extra else None)
        held = self._blind(buckets)
        self._end(buckets, doomed, filling, gap)
        instances = observed.instances.get(spec.name, ())
        ending = {i.id for i in [*buckets.going, *buckets.lost, *buckets.corpses]} | set(doomed)
        self.draft.actions += self._lost_names(buckets)
        self.draft.actions += name_actions(spec, instances, self.judgements, observed, ending)
        self.draft.wake_at += self._changes(instances)
        return self.draft.done(now, held)

    def _complete(self, buckets: Buckets, desired: int) -> bool:
        """Nothing is missing that placement could still put where it belongs."""
        if buckets.outdated or buckets.lost or buckets.corpses:
            return False
        return len(buckets.sound) + len(buckets.pending) >= desired

    def _doomed(self, buckets: Buckets, desired: int) -> dict[str, str]:
        doomed = surplus(buckets, desired, self.judgements, self.observed)
        if buckets.outdated and not self._may_be_blind():
            doomed |= spared(self.spec, buckets, doomed, desired, self.judgements, self.observed, self.now)
        return doomed

    def _gap(self, buckets: Buckets, doomed: dict[str, str], desired: int) -> int:
        """How many to create: what is missing of the wanted kind, within size + surge running in all."""
        updated = sum(1 for i in buckets.sound if i.id not in doomed and i.id not in buckets.outdated)
        missing = desired - updated - len(buckets.pending)
        if not buckets.outdated and not doomed and not buckets.going:
            return missing
        running = len(buckets.sound) + len(buckets.pending) + sum(1 for i in buckets.going if i.alive)
        if buckets.outdated and self._may_be_blind():
            return min(missing, desired - running)
        return min(missing, desired + surge(self.spec) - running)

    def _fill(
        self, buckets: Buckets, doomed: dict[str, str], gap: int, ready_clusters: Collection[str], zone: str | None
    ) -> Filling:
        if gap <= 0:
            return Filling()
        wait = self._gate(buckets, ready_clusters)
        if wait is not None:
            self.draft.waits.append(wait)
            return Filling()
        image = self._image()
        if image is None:
            return Filling()
        if self.spec.start == "ordered":
            gap = self._one_at_a_time(buckets, gap)
        filler = Filler(
            spec=self.spec, wanted=self.wanted, image=image, buckets=buckets, observed=self.observed,
            judgements=self.judgements, now=self.now, limits=self.limits,
        )  # fmt: skip
        cause = self._cause(buckets, zone)
        filling = filler.fill(gap, doomed, cause, zone)
        self.draft.actions += filling.actions
        self.draft.waits += filling.waits
        self.draft.wake_at += filling.wake_at
        return filling

    def _cause(self, buckets: Buckets, zone: str | None) -> str:
        if zone is not None:
            return f"canary: zone {zone} has gone silent; can a beat from there reach us?"
        if buckets.outdated:
            return next(iter(buckets.outdated.values()))
        return f"size {self.spec.size}: {len(buckets.sound) + len(buckets.pending)} there"

    def _gate(self, buckets: Buckets, ready_clusters: Collection[str]) -> Wait | None:
        if self.wanted.missing_files:
            files = ", ".join(self.wanted.missing_files)
            return Wait(reason="FileMissing", message=f"{files}: no such file; put it there, creation waits for it")
        if buckets.sound or buckets.going or buckets.lost or buckets.pending or buckets.corpses:
            return None
        waiting_for = [name for name in self.spec.depends_on if name not in ready_clusters]
        if not waiting_for:
            return None
        return Wait(reason="DependencyNotReady", message=f"waits until {', '.join(waiting_for)} is ready")

    def _one_at_a_time(self, buckets: Buckets, gap: int) -> int:
        """`start: ordered`: whoever was there before comes back at once, a new number when all before it are ready."""
        former = len(buckets.corpses) + len(buckets.lost)
        ready = all(
            self.judgements[i.id].verdict in (Verdict.READY, Verdict.UNKNOWN) for i in buckets.sound
        )
        fresh = 1 if ready and not buckets.pending and not former else 0
        if fresh == 0 and gap > former:
            self.draft.waits.append(Wait(reason="OrderedStart", message="the next number waits for those before it"))
        return min(gap, former + fresh)

    def _image(self) -> Image | None:
        """The image to create from; plans the pull, or says why there is none."""
        spec, name = self.spec, self.spec.name
        image = self.observed.images.get(spec.image)
        stale = spec.pull == "always" and self.observed.pulled.get(name) != self.wanted.generation
        if image is not None and not stale:
            return image
        if spec.pull == "never":
            message = f"{spec.image} is not on this engine and `pull: never` forbids to fetch it"
            self.draft.waits.append(Wait(reason="ImageMissing", message=message))
            return None
        if any(flight.kind == "pull" for flight in self.observed.in_flight.get(name, ())):
            self.draft.waits.append(Wait(reason="Pulling", message=f"fetching {spec.image}"))
            return None
        setback = self.observed.setbacks.get(name, {}).get("pull")
        until = retry_at(setback, self.limits) if setback else self.now
        if setback is not None and self.now < until:
            message = f"{setback.message}; next try in {until - self.now:.0f} s"
            self.draft.waits.append(Wait(reason="ImagePullBackOff", message=message))
            self.draft.wake_at.append(until)
            return None
        cause = "not on this engine" if image is None else "`pull: always` and a new spec"
        self.draft.actions.append(PullImage(cluster=name, image=spec.image, policy=spec.pull, cause=cause))
        return None

    def _end(self, buckets: Buckets, doomed: dict[str, str], filling: Filling, gap: int) -> None:
        stop, busy = self.spec.stop, buckets.busy
        for instance in buckets.sound:
            if instance.id in doomed and instance.id not in busy:
                self.draft.end(instance, doomed[instance.id], stop, self.observed, self.now)
        for instance in buckets.going:
            if instance.id not in busy and instance.state is not EngineState.REMOVING:
                self.draft.end(instance, "told to end", stop, self.observed, self.now)
        if gap > 0:
            return
        for instance in [*buckets.corpses, *buckets.lost]:
            if instance.id not in busy:
                self.draft.actions.append(
                    RemoveInstance(
                        cluster=instance.cluster, number=instance.number, id=instance.id,
                        cause=f"surplus, {self.judgements[instance.id].cause}",
                    )  # fmt: skip
                )

    def _lost_names(self, buckets: Buckets) -> Iterator[WithdrawName]:
        for instance in [*buckets.lost, *buckets.corpses]:
            if instance.id in self.observed.names:
                yield WithdrawName(
                    cluster=instance.cluster, number=instance.number, id=instance.id,
                    cause=self.judgements[instance.id].cause,
                )  # fmt: skip

    def _may_be_blind(self) -> bool:
        return self.observed.channel.blind_since is not None

    def _blind(self, buckets: Buckets) -> Wait | None:
        silent = [i for i in buckets.sound if i.id in self.observed.channel.silent]
        if not silent or not self._may_be_blind():
            return None
        return Wait(reason="ChannelSuspected", message=self.observed.channel.reason)

    def _changes(self, instances: Iterable[Instance]) -> Iterator[float]:
        bake = self.spec.rollout.bake_seconds
        for instance in instances:
            at = self.judgements[instance.id].changes_at
            if at is not None:
                yield at
            sighting = self.observed.sightings.get(instance.id)
            if bake and sighting is not None and sighting.ready_since is not None:
                yield sighting.ready_since + bake
