"""The decision for one cluster: wanted and observed in, Plan out. Pure: the same input gives the same plan.

Before: spec.wanted, state.observed, verdicts, channel. After: the loop carries the plan out; `reconciler plan`
prints it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.plan.actions import CreateInstance, RemoveInstance, WithdrawName
from reconciler.plan.backoff import starts_in_a_row
from reconciler.plan.buckets import Buckets, sort_instances
from reconciler.plan.channel import is_canary
from reconciler.plan.draft import Draft
from reconciler.plan.filling import Filler, crash_wait
from reconciler.plan.keeping import keep, undone_waits
from reconciler.plan.limits import Limits
from reconciler.plan.naming import name_actions
from reconciler.plan.placement import misplaced, stuck_waits
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.runs import is_completed
from reconciler.plan.settled import is_settled
from reconciler.plan.sourcing import gate, source_image
from reconciler.plan.status import Verdict
from reconciler.plan.task import TaskPass
from reconciler.plan.thinning import Thinning, surge
from reconciler.plan.verdicts import Judgement, judged_by_news
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Canary, Observed


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
    instances = observed.instances.get(wanted.name, ())
    if spec is None:
        held = Wait(reason="SpecUnreadable", message="its file can't be read and no earlier version is known")
        return keep(wanted.name, observed, judgements, now=now, limits=limits, held=held)
    if spec.task is not None:
        settled = is_completed(spec, wanted, observed)
    else:
        settled = is_settled(spec, wanted, observed, instances, judgements)
    undone: tuple[Wait, ...] = ()
    if not settled:
        draft = Draft(wanted.name, observed, now, limits)
        going = replace(spec, suspend=False) if spec.suspend else spec
        if going.task is not None:
            task = TaskPass(
                spec=going, task=going.task, wanted=wanted, observed=observed, judgements=judgements, now=now,
                limits=limits, draft=draft,
            )  # fmt: skip
            plan = task.plan(ready_clusters)
        else:
            plan = _Pass(going, wanted, observed, judgements, now, limits, draft).plan(ready_clusters)
        if not spec.suspend:
            return plan
        undone = undone_waits(plan)
    wake_at = [at for i in instances if (at := judgements[i.id].changes_at) is not None and at > now]
    named = [*name_actions(spec, instances, judgements, observed, ())]
    if not named and not undone:  # nearly all clusters, nearly always
        return Plan(cluster=spec.name, requeue_after_seconds=min(wake_at) - now if wake_at else None)
    draft = Draft(wanted.name, observed, now, limits)
    draft.add(named)
    draft.waits += undone
    draft.wake_at += wake_at
    return draft.done()


@dataclass(slots=True)
class _Pass:
    """One cluster that is not as it should be."""

    spec: ClusterSpec
    wanted: Wanted
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits
    draft: Draft

    def plan(self, ready_clusters: Collection[str]) -> Plan:
        spec, observed, draft = self.spec, self.observed, self.draft
        canary = observed.channel.canary
        if canary is not None and canary.cluster != spec.name:
            canary = None
        desired = spec.size + (1 if canary else 0)
        buckets = sort_instances(spec, self.wanted, observed, self.judgements, self.now, self.limits)
        thinning = Thinning(
            spec=spec, buckets=buckets, desired=desired, judgements=self.judgements, observed=observed, now=self.now
        )
        surplus = thinning.surplus()
        if canary is None and self._complete(buckets, desired):
            moving = misplaced((i for i in buckets.sound if i.id not in surplus), buckets.ground, spec.size)
            (buckets.stuck if buckets.ground.closed else buckets.outdated).update(moving)
        missing = self._missing(buckets, surplus, desired)
        image = self._image(buckets, max(missing, 1 if canary else 0), ready_clusters)
        doomed = thinning.endings(surplus, self._replaceable(buckets, can_follow=image is not None or missing <= 0))
        self._end(buckets, surplus, doomed)
        if image is not None:
            self._make(buckets, surplus, missing, desired, image, canary)
        self._wait_for_patient(buckets, surplus)
        staying = [i for i in buckets.sound if i.id not in surplus]
        self.draft.waits += stuck_waits(buckets.ground, staying, buckets.stuck)
        self._wait_for_turn(buckets, {**buckets.outdated, **surplus}, doomed)
        self._name(buckets, doomed)
        return draft.done(self._blind(buckets))

    def _complete(self, buckets: Buckets, desired: int) -> bool:
        """Nothing is missing or coming that placement could still put where it belongs."""
        if buckets.outdated or buckets.former or buckets.pending:
            return False
        return len(buckets.sound) >= desired

    def _missing(self, buckets: Buckets, surplus: Collection[str], desired: int) -> int:
        """How many of the wanted kind are lacking."""
        kept = sum(1 for i in buckets.sound if i.id not in surplus and i.id not in buckets.outdated)
        return desired - kept - len(buckets.pending)

    def _make(
        self,
        buckets: Buckets,
        surplus: Collection[str],
        missing: int,
        desired: int,
        image: Image,
        canary: Canary | None,
    ) -> None:
        """Create what is missing, as far as there is room; a lost one without room for its successor just ends."""
        asked = None if canary is None or self._stands(canary, buckets) else canary
        # The one question that can end blindness is asked, and asked again, even where there is no room.
        first = 1 if asked or any(is_canary(i, canary) for i in buckets.former) else 0
        room = self._room(buckets, surplus, desired) - first
        lost = [i for i in buckets.lost if i.id not in surplus and not is_canary(i, canary)]
        crowded = lost[max(0, room) :]
        self._remove(crowded, "no room for a successor")
        if crowded:
            room = 0  # until they are gone
        gap = max(0, min(missing - first, room)) + first
        if gap > 0:
            self._fill(buckets, surplus, gap, image, asked)

    def _room(self, buckets: Buckets, surplus: Collection[str], desired: int) -> int:
        """How many may be made: size + surge run in all; no more than size, and the canary, while it is unclear
        who runs.

        A lost one still runs: its own successor may be made in its place, but nobody else's.

        An ended container that isn't removed yet still holds its number, so it counts; one whose removal
        takes long counts only where a number must not be left behind (in place).
        """
        in_place = self.spec.rollout.strategy == "in-place"
        going = sum(1 for i in buckets.going if in_place or i.state is not EngineState.REMOVING)
        lost = sum(1 for i in buckets.lost if i.id in surplus)
        running = len(buckets.sound) + len(buckets.pending) + going + lost
        extra = 0 if self._may_be_blind() else surge(self.spec)
        return desired + extra - running

    def _image(self, buckets: Buckets, missing: int, ready_clusters: Collection[str]) -> Image | None:
        """The image to create from, where something is to be created; the draft knows why there is none."""
        wait = gate(self.spec, self.wanted, ready_clusters, cold=buckets.empty)
        if wait is not None and (missing > 0 or self.wanted.missing_files):
            self.draft.waits.append(wait)
        if wait is not None or missing <= 0:
            return None
        return source_image(self.spec, self.wanted, self.observed, self.draft, self.now, self.limits)

    def _replaceable(self, buckets: Buckets, *, can_follow: bool) -> Collection[str]:
        """Outdated ones that may end at all: none while no successor can be made, while blind only the never heard."""
        if not can_follow:
            return ()
        if self._may_be_blind():
            return [i.id for i in buckets.sound if i.id in buckets.outdated and self._never_heard(i)]
        return buckets.outdated

    def _stands(self, canary: Canary, buckets: Buckets) -> bool:
        held = any(i.number == canary.number for i in self.observed.instances.get(self.spec.name, ()))
        return held or any(flight.number == canary.number for flight in buckets.pending)

    def _never_heard(self, instance: Instance) -> bool:
        """By this loop or, as far as we know, by an earlier one."""
        sighting = self.observed.sightings.get(instance.id)
        return self.judgements[instance.id].mute and sighting is not None and not sighting.adopted

    def _fill(self, buckets: Buckets, surplus: Collection[str], gap: int, image: Image, canary: Canary | None) -> None:
        if self.spec.start == "ordered" and canary is None:
            gap = self._one_at_a_time(buckets, surplus, gap)
        filler = Filler(
            spec=self.spec, wanted=self.wanted, image=image, buckets=buckets, observed=self.observed,
            judgements=self.judgements, now=self.now, limits=self.limits, canary=canary,
        )  # fmt: skip
        filling = filler.fill(gap, surplus, self._cause(buckets))
        self.draft.add(filling.actions)
        self.draft.waits += filling.waits
        self.draft.wake_at += filling.wake_at

    def _cause(self, buckets: Buckets) -> str:
        if buckets.outdated:
            return next(iter(buckets.outdated.values()))
        return f"size {self.spec.size}: {len(buckets.sound) + len(buckets.pending)} there"

    def _one_at_a_time(self, buckets: Buckets, surplus: Collection[str], gap: int) -> int:
        """`start: ordered`: whoever was there before comes back at once, a new number when all before it are ready."""
        former = sum(1 for i in buckets.former if i.id not in surplus)
        ready = all(self.judgements[i.id].verdict in (Verdict.READY, Verdict.UNKNOWN) for i in buckets.sound)
        fresh = 1 if ready and not buckets.pending and not former else 0
        if fresh == 0 and gap > former:
            self.draft.waits.append(Wait(reason="OrderedStart", message="the next number waits for those before it"))
        return min(gap, former + fresh)

    def _end(self, buckets: Buckets, surplus: dict[str, str], doomed: dict[str, str]) -> None:
        for instance in buckets.sound:
            if instance.id in doomed:
                self.draft.end(instance, doomed[instance.id], self.spec.stop)
        for instance in buckets.going:
            if instance.state is not EngineState.REMOVING:
                self.draft.end(instance, "told to end", self.spec.stop)
        self._remove((i for i in buckets.former if i.id in surplus), "surplus")

    def _remove(self, instances: Iterable[Instance], why: str) -> None:
        self.draft.add(
            RemoveInstance(cluster=i.cluster, number=i.number, id=i.id, cause=f"{why}, {self.judgements[i.id].cause}")
            for i in instances
        )

    def _wait_for_patient(self, buckets: Buckets, surplus: Collection[str]) -> None:
        for instance in buckets.sound:
            until = buckets.patient.get(instance.id)
            if until is None or instance.id in surplus or instance.id in buckets.outdated:
                continue
            judgement = self.judgements[instance.id]
            starts = starts_in_a_row(instance, judgement, self.observed, self.now, self.limits)
            self.draft.waits.append(crash_wait(instance, judgement, starts + 1, until - self.now))
            self.draft.wake_at.append(until)

    def _wait_for_turn(self, buckets: Buckets, causes: dict[str, str], doomed: Collection[str]) -> None:
        left = [causes[i.id] for i in buckets.sound if i.id in causes and i.id not in doomed]
        if left:
            message = f"{len(left)} more to end when the others are ready without them ({left[0]})"
            self.draft.waits.append(Wait(reason="RollingOut", message=message))

    def _name(self, buckets: Buckets, doomed: Collection[str]) -> None:
        """Names of all that stay; the doomed lose theirs on their way out, the former when they are replaced."""
        replaced = {a.replaces for a in self.draft.actions if isinstance(a, CreateInstance)}
        instances = self.observed.instances.get(self.spec.name, ())
        ending = {i.id for i in [*buckets.going, *buckets.former]} | set(doomed)
        self.draft.add(self._lost_names(buckets, replaced))
        self.draft.add(name_actions(self.spec, instances, self.judgements, self.observed, ending))
        self.draft.wake_at += self._changes(instances)

    def _lost_names(self, buckets: Buckets, replaced: Collection[str | None]) -> Iterator[WithdrawName]:
        """A replaced one's name goes too, at once: its removal is under way in the same moment."""
        for instance in buckets.former:
            if instance.id in self.observed.names:
                gone = "replaced, " if instance.id in replaced else ""
                yield WithdrawName(
                    cluster=instance.cluster, number=instance.number, id=instance.id,
                    cause=f"{gone}{self.judgements[instance.id].cause}",
                )  # fmt: skip

    def _may_be_blind(self) -> bool:
        """While blind: of clusters with a silent instance or judged by news. Who is judged by the engine is seen."""
        channel = self.observed.channel
        if channel.blind_since is None:
            return False
        instances = self.observed.instances.get(self.spec.name, ())
        image = self.observed.images.get(self.spec.image)
        agents = (image is not None and image.has_agent) or any(i.has_agent for i in instances)
        return judged_by_news(self.spec.health, has_agent=agents) or any(i.id in channel.silent for i in instances)

    def _blind(self, buckets: Buckets) -> Wait | None:
        channel = self.observed.channel
        if channel.blind_since is None or not any(i.id in channel.silent for i in buckets.sound):
            return None
        self.draft.wake_at.append(channel.blind_since + self.limits.lost_after_seconds)
        return Wait(reason="ChannelSuspected", message=channel.reason)

    def _changes(self, instances: Iterable[Instance]) -> Iterator[float]:
        bake = self.spec.rollout.bake_seconds
        for instance in instances:
            at = self.judgements[instance.id].changes_at
            if at is not None:
                yield at
            sighting = self.observed.sightings.get(instance.id)
            if bake and sighting is not None and sighting.ready_since is not None:
                yield sighting.ready_since + bake
