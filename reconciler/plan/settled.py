"""Whether a cluster is as its spec wants it: nearly all are, nearly always, and each pass asks of all of them.

Before: verdicts. After: reconcile, which decides at length only where this says no. Nothing is planned here.
"""

from reconciler.plan.placement import ground_of
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed


def is_settled(
    spec: ClusterSpec,
    wanted: Wanted,
    observed: Observed,
    instances: tuple[Instance, ...],
    judgements: dict[str, Judgement],
) -> bool:
    """The common case, decided cheaply: as many as wanted, all ready, all of this spec and image, in balance."""
    if len(instances) != spec.size or wanted.missing_files or observed.in_flight.get(wanted.name):
        return False
    image = observed.images.get(wanted.source)
    image_id = image.id if image is not None else wanted.pinned
    spec_hash, ready = wanted.spec_hash, Verdict.READY
    closed = observed.closed_zones
    counts = dict.fromkeys(ground_of(spec, closed).zones if closed else spec.zones, 0)
    for instance in instances:
        zone = instance.zone
        if (
            judgements[instance.id].verdict is not ready
            or instance.spec_hash != spec_hash
            or zone not in counts
            or (image_id is not None and instance.image_id != image_id)
        ):
            return False
        counts[zone] += 1
    return max(counts.values()) - min(counts.values()) <= 1
