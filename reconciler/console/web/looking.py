"""What the hub compares from look to look: the world without what changes by itself, and the ages beside it.

Before: hub, several times a second while somebody watches. After: the same hub, which renders only where something is
another. Pure but for what it asks of the services.
"""

from dataclasses import dataclass, field, replace
from typing import Any, cast

from reconciler.api.backend import Backend
from reconciler.api.operations import OperationState
from reconciler.api.services import Services
from reconciler.console.web.filters import SHORT_ID
from reconciler.plan.status import ClusterStatus, WorldStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look. `world` has no ages; `facts` is all that a page has to follow at once, `beats` the ages by short id.

    `seen` is the status as it came, kept to know it again; `said` how many lines each running operation has said.
    """

    seen: WorldStatus
    world: WorldStatus
    facts: Any
    beats: dict[str, float] = field(default_factory=dict)
    last_event: int = 0
    said: dict[int, int] = field(default_factory=dict)


def look(services: Services, last: Look | None) -> Look:
    """What is now; cheap where nothing is another than at the `last` look. May raise ReconcilerError."""
    seen = services.loop.status()
    last_event = _newest_event(services.loop, last.last_event if last else 0)
    operations = services.operations.all()
    said = {
        one.id: before + len(services.operations.log(one.id, before))
        for one in operations
        if one.state is OperationState.RUNNING
        for before in (last.said.get(one.id, 0) if last else 0,)
    }
    if last is not None and seen is last.seen:
        world, plain, beats = last.world, last.facts[0], last.beats
    else:
        world = replace(seen, clusters=tuple(_without_ages(cluster) for cluster in seen.clusters))
        plain = replace(world, clusters=tuple(_without_figures(cluster) for cluster in world.clusters))
        beats = _beats(seen)
    facts = (plain, last_event, operations, said)
    return Look(seen=seen, world=world, facts=facts, beats=beats, last_event=last_event, said=said)


def still(services: Services, world: WorldStatus) -> Services:
    """The same services, whose loop tells this world as its status: one for all pages that are rendered at once."""
    return replace(services, loop=cast("Backend", _Still(services.loop, world)))


class _Still:
    """A loop that looks like another one but for its status."""

    def __init__(self, loop: Backend, world: WorldStatus) -> None:
        self._loop = loop
        self._world = world

    def status(self) -> WorldStatus:
        return self._world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


def _newest_event(loop: Backend, last: int) -> int:
    newer = loop.events(last, None, 1 if last == 0 else 500)
    return newer[-1].id if newer else last


def _without_ages(cluster: ClusterStatus) -> ClusterStatus:
    return replace(cluster, instances=tuple(replace(one, heartbeat_age=None) for one in cluster.instances))


def _without_figures(cluster: ClusterStatus) -> ClusterStatus:
    """What each beat brings anew would have every page rendered with every look."""
    instances = tuple(replace(one, load=None, memory_bytes=None, cpu=None, metrics={}) for one in cluster.instances)
    scale = replace(cluster.scale, value=None) if cluster.scale else None
    return replace(cluster, instances=instances, scale=scale)


def _beats(world: WorldStatus) -> dict[str, float]:
    return {
        one.id[:SHORT_ID]: round(one.heartbeat_age, 1)
        for cluster in world.clusters
        for one in cluster.instances
        if one.heartbeat_age is not None
    }
