"""What a fault is judged by, gathered: the loop's status (or Docker's), the engine's listing, the faults in force.

Before: chaos commands, drills. After: chaos.prepare. Never here: judging.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.chaos.situation import KnownCluster, Situation
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus, WorldStatus
from reconciler.state.faults import group

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine


def situation(settings: Settings, engine: "DockerEngine", world: WorldStatus) -> Situation:
    """The environment as a fault would find it now. Raises EngineError."""
    from reconciler.engine.docker.networks import LISTENER_PORT, find_network

    listing = engine.listing(settings.env)
    network = find_network(engine.api, settings.env)
    return Situation(
        env=settings.env,
        instances=tuple(one for instances in listing.instances.values() for one in instances),
        clusters=tuple(_known(cluster, world.specs) for cluster in world.clusters),
        closed_zones=frozenset(closed.zone for closed in world.closed_zones),
        troubles=tuple(troubles(world)),
        active=group(engine.faults(settings.env), time.time()),
        gateway=network.gateway if network else "",
        subnet=network.subnet if network else "",
        listener_port=LISTENER_PORT,
    )


def troubles(world: WorldStatus) -> Iterator[str]:
    """Sentences about holds and outages: what a fault would make worse, or be blamed for."""
    if world.engine_problem:
        yield world.engine_problem
    if world.channel_problem:
        yield world.channel_problem
    yield from world.held
    for cluster in world.clusters:
        grave = [c for c in cluster.conditions if c.type in ("Held", "Degraded") and c.status == "True"]
        for condition in grave:
            said = f": {condition.message}" if condition.message else ""
            yield f"{cluster.name}: {condition.reason}{said}"
        # Without a loop nobody knows who is ready.
        if world.loop_running and not grave and cluster.ready < cluster.desired and cluster.kind == "ClusterSpec":
            yield f"{cluster.name}: {cluster.ready} of {cluster.desired} ready"


def _known(cluster: ClusterStatus, specs: str) -> KnownCluster:
    return KnownCluster(
        name=cluster.name, opted_in=cluster.chaos, zones=cluster.zones, file=_shown(Path(specs), cluster.name)
    )


def _shown(specs: Path, name: str) -> str:
    """The cluster's file as a person would write it from here."""
    file = next((specs / f"{name}{end}" for end in (".yaml", ".yml") if (specs / f"{name}{end}").exists()), None)
    if file is None:
        return f"the spec of {name}"
    near = os.path.relpath(file)
    return str(file) if near.startswith("..") else near
