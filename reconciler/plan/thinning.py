"""Choosing who has to end: surplus above size, and outdated ones, as far as the cluster can do without them.

Before: buckets. After: ending. The choice is stable: whoever was chosen in an earlier pass comes first.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.plan.buckets import HEALTHY, Buckets, available
from reconciler.plan.channel import is_canary
from reconciler.plan.placement import shares
from reconciler.plan.sharing import Share
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinning:
    """What every choice of one pass needs to know. `idle` are those that neither have traffic nor are to have it."""

    spec: ClusterSpec
    buckets: Buckets
    judgements: Mapping[str, Judgement]
    observed: Observed
    now: float
    idle: frozenset[str] = frozenset()

    def surplus(self, share: Share) -> dict[str, str]:
        """Ids of a group above its size, each with its cause: places that are filled, or would be filled again.

        Outdated ones aren't counted: a rollout ends them when their successors stand.
        """
        places = share.sound + share.former
        excess = len(places) + len(share.pending) - share.desired
        if excess <= 0:
            return {}
        counts = Counter(i.zone for i in places)
        counts.update(flight.zone for flight in share.pending if flight.zone)
        fair = shares(self.buckets.ground.zones, share.desired, counts)
        former = {i.id for i in share.former}
        causes: dict[str, str] = {}
        places = [i for i in places if not is_canary(i, self.observed.channel.canary)]
        while excess > 0 and places:
            victim = max(places, key=lambda i: self._dispensable(i, counts, fair, former))
            places.remove(victim)
            counts[victim.zone] -= 1
            causes[victim.id] = f"surplus: {share.desired} wanted"
            excess -= 1
        return causes

    def _dispensable(
        self, instance: Instance, counts: Counter[str], fair: Mapping[str, int], former: Collection[str]
    ) -> tuple[bool, bool, bool, bool, bool, int, int]:
        """Ended or lost; already leaving; in a zone not wanted, or above its share (so that balance costs no second
        move); then unready or unheard before ready; in the fullest zone; of the highest number.
        """
        zone = instance.zone
        unfit = self.judgements[instance.id].verdict is not Verdict.READY
        above = counts[zone] > fair.get(zone, 0)
        leaving = self._leaving(instance)
        return (instance.id in former, leaving, zone not in fair, above, unfit, counts[zone], instance.number)

    def endings(self, surplus: Mapping[str, str], replaceable: Collection[str]) -> dict[str, str]:
        """Of the surplus and the `replaceable` (outdated) those that may end now, each with its cause.

        Never so many that fewer than size - unavailable stay available; who isn't ready may end at once, but not
        while it is only presumed that he is or isn't (nobody has been listened to for long enough yet).
        """
        outdated = self.buckets.outdated
        causes = {key: cause for key, cause in outdated.items() if key in replaceable} | dict(surplus)
        if not causes:
            return {}
        known = [i for i in self.buckets.sound if not self.judgements[i.id].presumed]
        uses = {instance.id: self._uses(instance) for instance in known}
        chosen = self._first([i for i in known if i.id in causes], uses, surplus)
        return {instance.id: causes[instance.id] for instance in chosen}

    def _uses(self, instance: Instance) -> frozenset[str]:
        """In what it counts: as `ready`, as `heard` (while blind, the ready are not all heard), as `available`."""
        judgement = self.judgements[instance.id]
        bake = 0.0 if instance.id in self.buckets.outdated else self.spec.rollout.bake_seconds
        if judgement.verdict not in HEALTHY:
            return frozenset()
        uses = {"ready"}
        if judgement.verdict is Verdict.READY:
            uses.add("heard")
        if available(instance, judgement, self.observed, self.now, bake):
            uses.add("available")
        return frozenset(uses)

    def _first(
        self, left: list[Instance], uses: Mapping[str, frozenset[str]], surplus: Collection[str]
    ) -> list[Instance]:
        """Those of no use; then as many as can be spared in all that they count in: already leaving, then surplus,
        then in the fullest zone, then the lowest number.

        Who has no traffic makes nobody dispensable: so nobody ends whose traffic hasn't moved yet. Who is idle is
        missed by nobody, as long as enough are left that could have it: else he could stand in the others' way.
        """
        least = self.spec.size - unavailable(self.spec)
        led = {instance.id for instance in self.buckets.sound if self._is_led_to(instance)}
        spare = Counter(use for key, instance_uses in uses.items() for use in instance_uses if key in led)
        there = Counter(use for instance_uses in uses.values() for use in instance_uses)
        zones = Counter(instance.zone for instance in self.buckets.sound)

        def can_go(i: Instance) -> bool:
            if i.id in self.idle and all(there[use] > least for use in uses[i.id]):
                return True
            return all(spare[use] - (i.id in led) >= least for use in uses[i.id])

        chosen = [instance for instance in left if not uses[instance.id]]
        left = [instance for instance in left if uses[instance.id]]
        while able := [i for i in left if can_go(i)]:
            victim = max(able, key=lambda i: (self._leaving(i), i.id in surplus, zones[i.zone], -i.number))
            left.remove(victim)
            zones[victim.zone] -= 1
            there.subtract(uses[victim.id])
            if victim.id in led:
                spare.subtract(uses[victim.id])
            chosen.append(victim)
        return chosen

    def _is_led_to(self, instance: Instance) -> bool:
        """Its name leads to it, and its registry does; without a loop nobody knows of names. Where the file wants no
        traffic, nobody has to have it.
        """
        if not self.spec.traffic:
            return True
        names, seen = self.observed.names, self.observed.registered.get(instance.id)
        if seen is not None and seen.held_out:
            return False
        record = names.get(instance.id)
        return record.ready if record is not None else not names

    def _leaving(self, instance: Instance) -> bool:
        sighting = self.observed.sightings.get(instance.id)
        return sighting is not None and sighting.withdrawn_at is not None


def unavailable(spec: ClusterSpec) -> int:
    """How many may be missing during a rollout; in place at least one has to."""
    return max(1, spec.rollout.unavailable) if spec.rollout.in_place else spec.rollout.unavailable


def surge(spec: ClusterSpec) -> int:
    """How many may be too many during a rollout: none in place, a whole group in a red-black one. One at least of the
    two has to be allowed.
    """
    if spec.rollout.strategy == "red-black":
        return spec.size
    if spec.rollout.in_place:
        return 0
    return spec.rollout.surge if spec.rollout.surge or spec.rollout.unavailable else 1
