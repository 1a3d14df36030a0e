"""The page of one zone: open or closed, and who stands there.

Before: views, by path. After: templates/zone.html. Looks only.
"""

from dataclasses import dataclass

from reconciler.console.web.page import NotThereError, Page, Scene
from reconciler.console.web.pages.dots import Row, row
from reconciler.console.web.pages.finding import closed_zones, events_of
from reconciler.console.web.pages.paths import cluster_path
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.plan.zone_rows import zone_rows

SHOWN_EVENTS = 15
_SEARCHED_EVENTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """One cluster's instances in the zone; `elsewhere` others of it stand in other zones."""

    cluster: ClusterStatus
    href: str
    rows: tuple[Row, ...]
    ready: int
    elsewhere: int
    wanted: bool


def zone(scene: Scene) -> Page:
    """`/zones/{zone}`."""
    world = scene.services.loop.status()
    name = scene.params["zone"]
    found = next((one for one in zone_rows(world) if one.zone == name), None)
    here = _here(world, name)
    if found is None and not here:
        raise NotThereError(f"No cluster has a zone {name!r}.")
    events = events_of(scene, None, _SEARCHED_EVENTS)
    its = [event for event in events if event.kind == "zone" and event.subject == name]
    return Page(
        template="zone.html",
        title=f"Zone {name}",
        values={
            "zone": name,
            "closed": found.closed if found is not None else None,
            "here": here,
            "absent": tuple(one for one in here if not one.rows),
            "ready": sum(one.ready for one in here),
            "count": sum(len(one.rows) for one in here),
            "events": tuple(its[:SHOWN_EVENTS]),
        },
    )


def _here(world: WorldStatus, zone: str) -> tuple[Here, ...]:
    closed = closed_zones(world)
    found = []
    for cluster in world.clusters:
        its = tuple(row(cluster, one, closed) for one in cluster.instances if one.zone == zone)
        if its or zone in cluster.zones:
            found.append(Here(
                cluster=cluster, href=cluster_path(cluster.name), rows=its, wanted=zone in cluster.zones,
                ready=sum(one.status.verdict is Verdict.READY for one in its),
                elsewhere=len(cluster.instances) - len(its),
            ))  # fmt: skip
    return tuple(found)
