"""What the hub compares from look to look: the world without what changes by itself, and the ages beside it.

Before: hub, several times a second while somebody watches. After: the same hub, which renders only where something is
another. Pure but for what it asks of the services.
"""

from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, cast

from reconciler.api.backend import Backend
from reconciler.api.operations import OperationState
from reconciler.api.services import Services
from reconciler.console.web.filters import SHORT_ID
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus

_FIGURES = ("load", "memory_bytes", "cpu", "metrics")


def _all_but(kind: type, *left_out: str) -> Any:
    """Reads every other field of a value at once: whatever a status will have one day is compared, too."""
    return attrgetter(*(one.name for one in fields(kind) if one.name not in left_out))


_of_instance = _all_but(InstanceStatus, "heartbeat_age", *_FIGURES)
_of_cluster = _all_but(ClusterStatus, "instances", "scale")
_of_world = _all_but(WorldStatus, "clusters")
_figures_of = attrgetter(*_FIGURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look. `facts` is all that a page has to follow at once, `figures` what each beat brings anew.

    `seen` is the status as it came; `said` how many lines each running operation has said.
    """

    seen: WorldStatus
    facts: Any
    figures: Any
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
    same = last is not None and seen is last.seen
    world = last.facts[0] if last is not None and same else _facts(seen)
    figures = last.figures if last is not None and same else _figures(seen)
    facts = (world, last_event, operations, said)
    return Look(seen=seen, facts=facts, figures=figures, last_event=last_event, said=said)


def without_ages(world: WorldStatus) -> WorldStatus:
    """What pages are rendered of: the ages of heartbeats come beside it."""
    return replace(
        world,
        clusters=tuple(
            replace(cluster, instances=tuple(replace(one, heartbeat_age=None) for one in cluster.instances))
            for cluster in world.clusters
        ),
    )


def beats(world: WorldStatus) -> dict[str, float]:
    """The ages of heartbeats by short container id."""
    return {
        one.id[:SHORT_ID]: round(one.heartbeat_age, 1)
        for cluster in world.clusters
        for one in cluster.instances
        if one.heartbeat_age is not None
    }


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


def _facts(world: WorldStatus) -> Any:
    return _of_world(world), [_facts_of(cluster) for cluster in world.clusters]


def _facts_of(cluster: ClusterStatus) -> Any:
    scale = replace(cluster.scale, value=None) if cluster.scale else None
    return _of_cluster(cluster), scale, [_of_instance(one) for one in cluster.instances]


def _figures(world: WorldStatus) -> Any:
    """What each beat brings: pages rendered at each of them would be rendered with every look."""
    return [
        (cluster.scale and cluster.scale.value, [_figures_of(one) for one in cluster.instances])
        for cluster in world.clusters
    ]
