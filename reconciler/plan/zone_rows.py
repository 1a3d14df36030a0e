"""The zones of an environment as people list them: open or closed, who stands there, who is ready.

Before: WorldStatus. After: `reconciler zone list`.
"""

from dataclasses import dataclass

from reconciler.plan.status import InstanceStatus, Verdict, WorldStatus
from reconciler.state.zones import ClosedZone

_RUNNING = frozenset({"running", "paused", "restarting"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """One zone: `instances` run there, of which `ready` are; `clusters` name it in their specs or still stand there."""

    zone: str
    closed: ClosedZone | None
    instances: int
    ready: int
    clusters: tuple[str, ...]


def zone_rows(world: WorldStatus) -> tuple[ZoneRow, ...]:
    """Every zone that there is, by name."""
    closed = {zone.zone: zone for zone in world.closed_zones}
    clusters: dict[str, list[str]] = {zone: [] for zone in closed}
    running: dict[str, list[InstanceStatus]] = {}
    for cluster in world.clusters:
        here = [i for i in cluster.instances if i.phase in _RUNNING]
        for zone in {*cluster.zones, *(i.zone for i in here)}:
            clusters.setdefault(zone, []).append(cluster.name)
        for instance in here:
            running.setdefault(instance.zone, []).append(instance)
    return tuple(
        ZoneRow(
            zone=zone,
            closed=closed.get(zone),
            instances=len(running.get(zone, ())),
            ready=sum(1 for i in running.get(zone, ()) if i.verdict in (Verdict.READY, Verdict.UNKNOWN)),
            clusters=tuple(sorted(clusters[zone])),
        )
        for zone in sorted(clusters)
    )
