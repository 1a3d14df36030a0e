"""Choosing what to create: lost and dead instances under their own numbers first, then the lowest free numbers.

Before: buckets, thinning. After: the plan. A number whose next start is not due yet keeps its place in the count:
back-off never makes another number start instead.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.plan.actions import CreateInstance
from reconciler.plan.backoff import delay_seconds, retry_at, starts_in_a_row
from reconciler.plan.buckets import Buckets
from reconciler.plan.limits import Limits
from reconciler.plan.placement import emptiest
from reconciler.plan.plan import Wait
from reconciler.plan.revisions import revision_for
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed, Sighting

_NEVER_SEEN = Sighting(up_since=0.0)


@dataclass(slots=True)
class Filling:
    """What to create now, what has to wait and until when."""

    actions: list[CreateInstance] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Filler:
    """The facts that every creation of one pass shares."""

    spec: ClusterSpec
    wanted: Wanted
    image: Image
    buckets: Buckets
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits

    def fill(self, count: int, doomed: Iterable[str], cause: str, zone: str | None = None) -> Filling:
        """Create up to `count`; `zone` overrides placement (a canary's)."""
        result = Filling()
        revision = self._revision()
        gone = set(doomed)
        counts = Counter(
            i.zone for i in self.buckets.sound if i.id not in gone and i.id not in self.buckets.outdated
        )
        counts.update(flight.zone for flight in self.buckets.pending if flight.zone)
        for number, former in self._candidates(count):
            waiting = self._not_yet(number, former)
            if waiting is not None:
                wait, until = waiting
                result.waits.append(wait)
                result.wake_at.append(until)
                if former is not None:
                    counts[former.zone] += 1
                continue
            place = zone or emptiest(self.spec.zones, counts, former.zone if former else None)
            counts[place] += 1
            result.actions.append(self._create(number, place, revision, former, cause))
        return result

    def _candidates(self, count: int) -> list[tuple[int, Instance | None]]:
        """The next `count` numbers, each with the finished or lost container that still holds it."""
        former = sorted(
            (i for i in [*self.buckets.corpses, *self.buckets.lost] if i.id not in self.buckets.busy),
            key=lambda i: i.number,
        )
        chosen: list[tuple[int, Instance | None]] = [(i.number, i) for i in former[: max(0, count)]]
        taken = self._taken()
        number = 1
        while len(chosen) < count:
            if number not in taken:
                chosen.append((number, None))
            number += 1
        return chosen

    def _taken(self) -> set[int]:
        taken = {i.number for i in self.observed.instances.get(self.spec.name, ())}
        taken.update(f.number for f in self.observed.in_flight.get(self.spec.name, ()) if f.number)
        prefix = f"-{self.spec.name}-"
        for foreign in self.observed.foreign:
            _, _, number = foreign.container.partition(prefix)
            if number.isdecimal():
                taken.add(int(number))
        return taken

    def _not_yet(self, number: int, former: Instance | None) -> tuple[Wait, float] | None:
        setback = self.observed.setbacks.get(self.spec.name, {}).get(f"create-{number}")
        if setback is not None:
            until = retry_at(setback, self.limits)
            if self.now < until:
                seconds = until - self.now
                message = f"{self.spec.name}-{number}: {setback.message}; next try in {seconds:.0f} s"
                return Wait(reason="CreateFailed", message=message), until
        if former is None or former.spec_hash != self.wanted.spec_hash:
            return None
        starts = starts_in_a_row(former, self._sighting(former), self._failed_at(former), self.limits)
        until = self._failed_at(former) + delay_seconds(starts, self.limits)
        if self.now >= until:
            return None
        cause = self.judgements[former.id].cause
        message = f"{self.spec.name}-{number} {cause}; start {starts + 1} in a row in {until - self.now:.0f} s"
        return Wait(reason="CrashBackOff", message=message), until

    def _sighting(self, instance: Instance) -> Sighting:
        return self.observed.sightings.get(instance.id, _NEVER_SEEN)

    def _failed_at(self, instance: Instance) -> float:
        judgement = self.judgements[instance.id]
        if judgement.replace_at is not None:
            return min(judgement.replace_at, self.now)
        died = self._sighting(instance).dead_since
        return self.now if died is None else died

    def _attempt(self, former: Instance | None) -> int:
        if former is None or former.spec_hash != self.wanted.spec_hash:
            return 1
        starts = starts_in_a_row(former, self._sighting(former), self._failed_at(former), self.limits)
        return starts + 1

    def _revision(self) -> str:
        name = self.spec.name
        return revision_for(
            self.wanted.spec_hash,
            self.image.id,
            self.observed.instances.get(name, ()),
            self.buckets.pending,
            self.observed.past.get(name),
        )

    def _create(
        self, number: int, zone: str, revision: str, former: Instance | None, cause: str
    ) -> CreateInstance:
        return CreateInstance(
            cluster=self.spec.name,
            number=number,
            zone=zone,
            revision=revision,
            spec_hash=self.wanted.spec_hash,
            image_id=self.image.id,
            attempt=self._attempt(former),
            spec=self.spec,
            has_agent=self.image.has_agent,
            cause=self.judgements[former.id].cause if former else cause,
            replaces=former.id if former else None,
        )
