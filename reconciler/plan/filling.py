"""Choosing what to create: lost and dead instances under their own numbers first, then the lowest free numbers.

Before: buckets, thinning. After: the plan. A number whose next start is not due yet keeps its place in the count:
back-off never makes another number start instead.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

from reconciler.plan.actions import CreateInstance
from reconciler.plan.backoff import next_start_at, retry_at, starts_in_a_row
from reconciler.plan.buckets import Buckets
from reconciler.plan.channel import is_canary
from reconciler.plan.groups import Group
from reconciler.plan.limits import Limits
from reconciler.plan.numbers import free_numbers
from reconciler.plan.placement import closed_wait, zone_for
from reconciler.plan.plan import Wait
from reconciler.plan.revisions import revision_for
from reconciler.plan.sharing import Share
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import Instance
from reconciler.state.observed import Canary, Observed

_BUSY_SECONDS = 1.0  # the action's own end wakes us; this is for one that never comes back


@dataclass(slots=True)
class Filling:
    """What to create now, what has to wait and until when."""

    actions: list[CreateInstance] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """A number to fill, the container that still holds it, and why it can't be filled yet (until when)."""

    number: int
    former: Instance | None
    wait: Wait | None = None
    until: float = 0.0


@dataclass(slots=True, kw_only=True)
class Filler:
    """The facts that every creation of one pass shares."""

    group: Group
    share: Share
    image: Image
    buckets: Buckets
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits
    taken: set[int]
    """The numbers that other groups were given in this pass; ours come to them."""
    canary: Canary | None = None
    """The canary, where it is asked for and doesn't stand yet."""

    @property
    def wanted(self) -> Wanted:
        """What is made."""
        return self.group.wanted

    @property
    def spec(self) -> ClusterSpec:
        """The spec of what is made."""
        assert self.group.wanted.spec is not None
        return self.group.wanted.spec

    def fill(self, count: int, doomed: Collection[str], cause: str) -> Filling:
        """Create up to `count`, the canary first where one is asked for."""
        result = Filling()
        revision = self._revision()
        places = self._places(count, doomed)
        counts = self._counts(doomed)
        ground = self.buckets.ground
        counts.update(i.zone for place in places if (i := place.former) and (place.wait or ground.binds(i)))
        shut: dict[str, list[str]] = {}
        for place in places:
            if place.wait is not None:
                result.waits.append(place.wait)
                result.wake_at.append(place.until)
                continue
            zone = self._zone(place, counts)
            counts[zone] += 0 if ground.binds(place.former) else 1
            if zone in ground.closed:
                shut.setdefault(zone, []).append(f"{self.spec.name}-{place.number}")
                continue
            result.actions.append(self._create(place, zone, revision, cause))
        self.taken |= {place.number for place in places}
        result.waits += (closed_wait(ground, zone, subjects) for zone, subjects in shut.items())
        return result

    def _counts(self, doomed: Collection[str]) -> Counter[str]:
        staying = (i for i in self.share.sound if i.id not in doomed and i.id not in self.buckets.outdated)
        counts = Counter(i.zone for i in staying)
        counts.update(flight.zone for flight in self.share.pending if flight.zone)
        return counts

    def _zone(self, place: _Place, counts: Counter[str]) -> str:
        canary = self.observed.channel.canary  # also one that is tried again: it asks of its own zone
        if canary is not None and (canary.cluster, canary.number) == (self.spec.name, place.number):
            return canary.zone
        return zone_for(self.buckets.ground, counts, place.former)

    def _places(self, count: int, doomed: Collection[str]) -> list[_Place]:
        """The next `count` numbers: the canary's, of lost ones, who give theirs up, of corpses, due ones first, of
        those that somebody removes, free ones.
        """
        canary = [] if self.canary is None else [self.canary.number]
        former = [
            self._place(instance.number, instance)
            for instance in sorted(self.share.former, key=lambda i: i.number)
            if instance.id not in doomed
        ]
        former.sort(key=self._rank)
        gone = {*canary, *self.taken}
        free = (number for number in free_numbers(self.spec.name, self.observed) if number not in gone)
        leaving = [_leaving(instance, until) for instance, until in self.share.leaving]
        places = [*(self._place(number, None) for number in canary), *former, *leaving]
        fresh = islice(free, max(0, count - len(places)))
        return places[:count] + [self._place(number, None) for number in fresh]

    def _rank(self, place: _Place) -> tuple[bool, bool, bool]:
        former = place.former
        canary = former is not None and is_canary(former, self.observed.channel.canary)
        stuck = former is not None and former.zone in self.buckets.ground.closed
        return (not canary, former not in self.buckets.lost, place.wait is not None or stuck)

    def _place(self, number: int, former: Instance | None) -> _Place:
        name, now = self.spec.name, self.now
        setback = self.observed.setbacks.get(name, {}).get(f"create-{number}")
        if setback is not None and now < (until := retry_at(setback, self.limits)):
            message = f"{name}-{number}: {setback.message}; next try in {until - now:.0f} s"
            return _Place(number, former, Wait(reason="CreateFailed", message=message), until)
        if former is not None and former.id in self.buckets.busy:
            message = f"{name}-{number}: an action on the one before is under way; then its number is filled"
            return _Place(number, former, Wait(reason="Busy", message=message), now + _BUSY_SECONDS)
        if former is None or not self._is_like(former):
            return _Place(number, former)
        judgement = self.judgements[former.id]
        until = next_start_at(former, judgement, self.observed, now, self.limits)
        if now >= until:
            return _Place(number, former)
        return _Place(number, former, crash_wait(former, judgement, self._attempt(former), until - now), until)

    def _attempt(self, former: Instance | None) -> int:
        if former is None or not self._is_like(former):
            return 1
        judgement = self.judgements[former.id]
        return starts_in_a_row(former, judgement, self.observed, self.now, self.limits) + 1

    def _is_like(self, former: Instance) -> bool:
        """What is made now is of the same version: only then says its failure anything of what comes."""
        return (former.spec_hash, former.image_id) == (self.wanted.spec_hash, self.image.id)

    def _revision(self) -> str:
        name = self.spec.name
        return self.group.revision or revision_for(
            self.wanted.spec_hash,
            self.image.id,
            self.observed.instances.get(name, ()),
            self.buckets.pending,
            self.observed.history.get(name, ()),
        )

    def _source(self) -> str:
        """The reference where it means this image, else the image's id."""
        tagged = self.observed.images.get(self.spec.image)
        return self.spec.image if tagged is not None and tagged.id == self.image.id else self.wanted.source

    def _create(self, place: _Place, zone: str, revision: str, cause: str) -> CreateInstance:
        former = place.former
        if former is not None:
            cause = self.judgements[former.id].cause
        elif self.canary is not None and place.number == self.canary.number:
            cause = f"canary: zone {zone} has gone silent; can a beat from there reach us?"
        return CreateInstance(
            cluster=self.spec.name,
            number=place.number,
            zone=zone,
            revision=revision,
            spec_hash=self.wanted.spec_hash,
            image_id=self.image.id,
            attempt=self._attempt(former),
            spec=self.spec,
            source=self._source(),
            has_agent=self.image.has_agent,
            cause=cause,
            replaces=former.id if former else None,
        )


def _leaving(instance: Instance, until: float) -> _Place:
    """A number that is free in a moment."""
    message = f"{instance.cluster}-{instance.number} is being removed; then its number is filled"
    return _Place(instance.number, instance, Wait(reason="Removing", message=message), until)


def crash_wait(former: Instance, judgement: Judgement, start: int, seconds: float) -> Wait:
    """The wait of a number whose instance keeps failing."""
    message = f"{former.cluster}-{former.number} {judgement.cause}; start {start} follows in {seconds:.0f} s"
    return Wait(reason="CrashBackOff", message=message)
