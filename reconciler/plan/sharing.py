"""What each group of a cluster has: its sound instances, the numbers to be filled again, the creations under way.

Before: buckets and groups. After: thinning (who is too many), making (who is missing).
"""

from dataclasses import dataclass, field

from reconciler.plan.buckets import Buckets
from reconciler.plan.groups import Group, Stage
from reconciler.state.instance import Instance
from reconciler.state.observed import InFlight, Observed


@dataclass(slots=True, kw_only=True)
class Share:
    """One group's part of the buckets. `desired` is its size, and one more where a canary of it asks if we hear."""

    group: Group
    desired: int
    sound: list[Instance] = field(default_factory=list)
    former: list[Instance] = field(default_factory=list)
    leaving: list[tuple[Instance, float]] = field(default_factory=list)
    pending: list[InFlight] = field(default_factory=list)


def share_out(stage: Stage, buckets: Buckets, observed: Observed, *, extra: int) -> list[Share]:
    """Everybody but the outdated, by group. Whoever is of no group is the first one's, whose numbers theirs become.

    The numbers of former ones stay in their group as long as it lacks members; the rest are the first one's, too, which
    is `extra` larger.
    """
    shares = [Share(group=group, desired=group.size) for group in stage.groups]
    shares[0].desired += extra

    def of(spec_hash: str | None, image_id: str | None) -> Share:
        return shares[stage.index_of(spec_hash or "", image_id or "", observed) or 0]

    for instance in buckets.sound:
        if instance.id not in buckets.outdated:
            of(instance.spec_hash, instance.image_id).sound.append(instance)
    for flight in buckets.pending:
        of(flight.spec_hash, flight.image_id).pending.append(flight)
    for instance in buckets.former:
        own = of(instance.spec_hash, instance.image_id)
        full = own is not shares[0] and len(own.sound) + len(own.pending) + len(own.former) >= own.desired
        (shares[0] if full else own).former.append(instance)
    for instance, until in buckets.leaving:
        of(instance.spec_hash, instance.image_id).leaving.append((instance, until))
    return shares


def missing(share: Share, buckets: Buckets, surplus: dict[str, str]) -> int:
    """How many of the group are lacking."""
    kept = sum(1 for i in share.sound if i.id not in surplus and i.id not in buckets.outdated)
    return share.desired - kept - len(share.pending)
