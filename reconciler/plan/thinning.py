"""Choosing who has to end: surplus above size, and outdated ones, as far as the cluster can do without them.

Before: buckets. After: ending. The choice is stable: whoever was chosen in an earlier pass comes first.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.plan.buckets import Buckets, available
from reconciler.plan.channel import is_canary
from reconciler.plan.placement import shares
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinning:
    """What every choice of one pass needs to know."""

    spec: ClusterSpec
    buckets: Buckets
    desired: int
    judgements: Mapping[str, Judgement]
    observed: Observed
    now: float

    def surplus(self) -> dict[str, str]:
        """Ids above `desired`, each with its cause: places that are filled, or would be filled again.

        Outdated ones aren't counted: a rollout ends them when their successors stand.
        """
        buckets = self.buckets
        places = [i for i in buckets.sound if i.id not in buckets.outdated] + buckets.former
        excess = len(places) + len(buckets.pending) - self.desired
        if excess <= 0:
            return {}
        counts = Counter(i.zone for i in places)
        counts.update(flight.zone for flight in buckets.pending if flight.zone)
        share = shares(self.spec.zones, self.desired, counts)
        former = {i.id for i in buckets.former}
        causes: dict[str, str] = {}
        places = [i for i in places if not is_canary(i, self.observed.channel.canary)]
        while excess > 0 and places:
            victim = max(places, key=lambda i: self._dispensable(i, counts, share, former))
            places.remove(victim)
            counts[victim.zone] -= 1
            causes[victim.id] = f"surplus: {self.desired} wanted"
            excess -= 1
        return causes

    def _dispensable(
        self, instance: Instance, counts: Counter[str], share: Mapping[str, int], former: Collection[str]
    ) -> tuple[bool, bool, bool, int, int, int]:
        """Already leaving; in a zone not wanted, or above its share (so that balance costs no second move);
        then ended or lost before unready or unheard before ready; in the fullest zone; of the highest number.
        """
        zone = instance.zone
        fitness = 0 if self.judgements[instance.id].verdict is Verdict.READY else 1
        if instance.id in former:
            fitness = 2
        above = counts[zone] > share.get(zone, 0)
        return (self._leaving(instance), zone not in share, above, fitness, counts[zone], instance.number)

    def endings(self, surplus: Mapping[str, str], replaceable: Collection[str]) -> dict[str, str]:
        """Of the surplus and the `replaceable` (outdated) those that may end now, each with its cause.

        Never so many that fewer than size - unavailable stay available; who isn't available may end at once,
        but not while it is only presumed that he is or isn't (nobody has been listened to for long enough yet).
        """
        outdated = self.buckets.outdated
        causes = {key: cause for key, cause in outdated.items() if key in replaceable} | dict(surplus)
        if not causes:
            return {}
        bake = self.spec.rollout.bake_seconds
        chosen: list[Instance] = []
        useful: list[Instance] = []
        for instance in self.buckets.sound:
            judgement = self.judgements[instance.id]
            needed = 0.0 if instance.id in outdated else bake
            if judgement.presumed:
                continue
            if available(instance, judgement, self.observed, self.now, needed):
                useful.append(instance)
            elif instance.id in causes:
                chosen.append(instance)
        chosen += self._first(useful, causes, surplus)
        return {instance.id: causes[instance.id] for instance in chosen}

    def _first(
        self, useful: list[Instance], causes: Collection[str], surplus: Collection[str]
    ) -> list[Instance]:
        """Already leaving, then surplus, then in the fullest zone, then the lowest number.

        While blind, one that is heard ends only if enough are left that are heard, too.
        """
        heard = {i.id for i in useful if self.judgements[i.id].verdict is Verdict.READY}
        least = self.spec.size - unavailable(self.spec)
        spare, spare_heard = len(useful) - least, len(heard) - least
        zones = Counter(instance.zone for instance in self.buckets.sound)
        left = [instance for instance in useful if instance.id in causes]
        chosen: list[Instance] = []
        while spare > 0 and (able := [i for i in left if spare_heard > 0 or i.id not in heard]):
            victim = max(able, key=lambda i: (self._leaving(i), i.id in surplus, zones[i.zone], -i.number))
            left.remove(victim)
            zones[victim.zone] -= 1
            spare -= 1
            spare_heard -= victim.id in heard
            chosen.append(victim)
        return chosen

    def _leaving(self, instance: Instance) -> bool:
        sighting = self.observed.sightings.get(instance.id)
        return sighting is not None and sighting.withdrawn_at is not None


def unavailable(spec: ClusterSpec) -> int:
    """How many may be missing during a rollout; in place at least one has to."""
    return max(1, spec.rollout.unavailable) if spec.rollout.strategy == "in-place" else spec.rollout.unavailable


def surge(spec: ClusterSpec) -> int:
    """How many may be too many during a rollout; none in place. One at least of the two has to be allowed."""
    if spec.rollout.strategy == "in-place":
        return 0
    return spec.rollout.surge if spec.rollout.surge or spec.rollout.unavailable else 1
