"""The decision for one cluster: wanted and observed in, Plan out. Pure: the same input gives the same plan.

Before: spec.wanted, state.observed, verdicts, channel. After: the loop carries the plan out; `reconciler plan`
prints it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.plan.actions import Action, CreateInstance, WithdrawName
from reconciler.plan.backoff import starts_in_a_row
from reconciler.plan.buckets import Buckets, sort_instances
from reconciler.plan.draft import Draft
from reconciler.plan.filling import crash_wait
from reconciler.plan.groups import Group, Serves, Stage, everybody
from reconciler.plan.keeping import keep, undone_waits
from reconciler.plan.limits import Limits
from reconciler.plan.making import Making, removals
from reconciler.plan.naming import name_actions
from reconciler.plan.placement import misplaced, stuck_waits
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.runs import is_completed
from reconciler.plan.settled import is_settled
from reconciler.plan.sharing import Share, missing, share_out
from reconciler.plan.task import TaskPass
from reconciler.plan.thinning import Thinning
from reconciler.plan.traffic import traffic_actions, traffic_changes
from reconciler.plan.verdicts import Judgement, judged_by_news
from reconciler.spec.cluster import ClusterSpec, Stop
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed


def reconcile(
    wanted: Wanted,
    observed: Observed,
    judgements: dict[str, Judgement],
    *,
    now: float,
    limits: Limits,
    ready_clusters: Collection[str] = (),
    stage: Stage | None = None,
) -> Plan:
    """Decide what one cluster needs. `ready_clusters` are the names whose dependents may start; `stage` is what a
    rollout makes of it now, None where there is none.
    """
    spec = wanted.spec
    instances = observed.instances.get(wanted.name, ())
    if spec is None:
        held = Wait(reason="SpecUnreadable", message="its file can't be read and no earlier version is known")
        return keep(wanted.name, observed, judgements, now=now, limits=limits, held=held)
    if spec.task is not None:
        settled = is_completed(spec, wanted, observed)
    else:
        single = stage is None or stage.single
        settled = single and is_settled(spec, wanted, observed, instances, judgements)
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
            one = stage or Stage(groups=(Group(wanted=wanted, size=spec.size),))
            plan = _Pass(going, wanted, one, observed, judgements, now, limits, draft).plan(ready_clusters)
        if not spec.suspend:
            return plan
        undone = undone_waits(plan)
    wake_at = [at for i in instances if (at := judgements[i.id].changes_at) is not None and at > now]
    wake_at += (at for at in traffic_changes(instances, judgements, observed) if at > now)
    waits = undone + (stage.waits if stage is not None and settled else ())
    serves = _serves(stage, observed)
    named: list[Action] = [*name_actions(spec, instances, judgements, observed, (), serves)]
    named += traffic_actions(instances, judgements, observed, (), now, serves, wanted=spec.traffic)
    if not named and not waits and stage is None:  # nearly all clusters, nearly always
        return Plan(cluster=spec.name, requeue_after_seconds=min(wake_at) - now if wake_at else None)
    draft = Draft(wanted.name, observed, now, limits)
    draft.add(named)
    draft.waits += waits
    draft.wake_at += wake_at + (list(stage.wake_at) if stage is not None else [])
    return draft.done()


def _serves(stage: Stage | None, observed: Observed) -> Serves:
    if stage is None or stage.all_serve:
        return everybody
    return lambda instance: stage.serves(instance, observed)


@dataclass(slots=True)
class _Pass:
    """One cluster that is not as it should be."""

    spec: ClusterSpec
    wanted: Wanted
    stage: Stage
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
        buckets = sort_instances(spec, self.wanted, self.stage, observed, self.judgements, self.now, self.limits)
        shares = share_out(self.stage, buckets, observed, extra=1 if canary else 0)
        thinning = Thinning(
            spec=spec, buckets=buckets, judgements=self.judgements, observed=observed, now=self.now,
            idle=self._idle(buckets),
        )  # fmt: skip
        surplus = self._too_many(thinning, shares, buckets)
        if canary is None and self._complete(buckets, shares):
            moving = misplaced((i for i in buckets.sound if i.id not in surplus), buckets.ground, spec.size)
            (buckets.stuck if buckets.ground.closed else buckets.outdated).update(moving)
        making = Making(
            spec=spec, wanted=self.wanted, stage=self.stage, buckets=buckets, shares=shares, surplus=surplus,
            observed=observed, judgements=self.judgements, now=self.now, limits=self.limits, draft=draft,
            canary=canary, blind=self._may_be_blind(),
        )  # fmt: skip
        images = making.images(ready_clusters)
        can_follow = all(
            image is not None or missing(share, buckets, surplus) <= 0
            for share, image in zip(shares, images, strict=True)
        )
        doomed = thinning.endings(surplus, self._replaceable(buckets, can_follow=can_follow))
        self._end(buckets, surplus, doomed)
        making.make(images)
        self._wait_for_patient(buckets, surplus)
        staying = [i for i in buckets.sound if i.id not in surplus]
        draft.waits += stuck_waits(buckets.ground, staying, buckets.stuck)
        self._wait_for_turn(buckets, {**buckets.outdated, **surplus}, doomed)
        draft.waits += self.stage.waits
        draft.wake_at += self.stage.wake_at
        self._name(buckets, doomed)
        return draft.done(self._blind(buckets))

    def _idle(self, buckets: Buckets) -> frozenset[str]:
        """Before a switch: those without traffic that are to have none, beside those that have it."""
        if not self.stage.reserved:
            return frozenset()
        names = self.observed.names
        without = (i for i in buckets.sound if (record := names.get(i.id)) is None or not record.ready)
        return frozenset(i.id for i in without if not self.stage.serves(i, self.observed))

    def _too_many(self, thinning: Thinning, shares: list[Share], buckets: Buckets) -> dict[str, str]:
        """Those above the size. Of a group that is to be smaller than it was, they end only when the other one's
        members stand in their place, as outdated ones do.
        """
        surplus = thinning.surplus(shares[0])
        for share in shares[1:]:
            above = thinning.surplus(share)
            instead = f"{share.desired} of {self._label(share)} wanted beside {self._label(shares[0])}"
            former = {i.id for i in share.former}
            surplus.update({key: cause for key, cause in above.items() if key in former})
            for instance in share.sound:
                if instance.id in above:
                    kept = buckets.stuck if instance.zone in buckets.ground.closed else buckets.outdated
                    kept[instance.id] = instead
        return surplus

    def _label(self, share: Share) -> str:
        return share.group.revision or (share.sound[0].revision if share.sound else "the new revision")

    def _complete(self, buckets: Buckets, shares: list[Share]) -> bool:
        """Nothing is missing or coming that placement could still put where it belongs."""
        if len(shares) > 1 or buckets.outdated or buckets.former or buckets.pending:
            return False
        return len(buckets.sound) >= shares[0].desired

    def _replaceable(self, buckets: Buckets, *, can_follow: bool) -> Collection[str]:
        """Outdated ones that may end at all: none while no successor can be made, while blind only the never heard."""
        if not can_follow:
            return ()
        if self._may_be_blind():
            return [i.id for i in buckets.sound if i.id in buckets.outdated and self._never_heard(i)]
        return buckets.outdated

    def _never_heard(self, instance: Instance) -> bool:
        """By this loop or, as far as we know, by an earlier one."""
        sighting = self.observed.sightings.get(instance.id)
        return self.judgements[instance.id].mute and sighting is not None and not sighting.adopted

    def _end(self, buckets: Buckets, surplus: dict[str, str], doomed: dict[str, str]) -> None:
        for instance in buckets.sound:
            if instance.id in doomed:
                self.draft.end(instance, doomed[instance.id], self._stop_of(instance))
        for instance in buckets.going:
            if instance.state is not EngineState.REMOVING:
                asked = self.observed.terminations.get(instance.id)
                cause = asked.cause if asked is not None else "told to end"
                self.draft.end(instance, cause, self._stop_of(instance))
        former = (i for i in buckets.former if i.id in surplus)
        self.draft.add(removals(former, "surplus", self.judgements))

    def _stop_of(self, instance: Instance) -> Stop:
        own = self.wanted.spec_of(instance.spec_hash)
        return own.stop if own is not None else self.spec.stop

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
        serves = _serves(self.stage, self.observed)
        self.draft.add(name_actions(self.spec, instances, self.judgements, self.observed, ending, serves))
        wanted = self.spec.traffic
        self.draft.add(
            traffic_actions(instances, self.judgements, self.observed, ending, self.now, serves, wanted=wanted)
        )
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
        yield from traffic_changes(instances, self.judgements, self.observed)
        bake = self.spec.rollout.bake_seconds
        for instance in instances:
            at = self.judgements[instance.id].changes_at
            if at is not None:
                yield at
            sighting = self.observed.sightings.get(instance.id)
            if bake and sighting is not None and sighting.ready_since is not None:
                yield sighting.ready_since + bake
