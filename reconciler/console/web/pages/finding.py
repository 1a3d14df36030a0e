"""Finding what a path names: the cluster, its instance, its revision; else the page says that it isn't there.

Before: views. After: views. Only asks the loop, and changes nothing.
"""

from dataclasses import dataclass

from reconciler.console.web.page import NotThereError, Scene
from reconciler.errors import ReconcilerError
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus
from reconciler.state.event import Event

_MOST_LINE = 2000
"""Characters of a line of a log; the rest of a longer one is in the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that may not be had: then `problem` says why."""

    text: str = ""
    file: str = ""
    problem: str = ""


def closed_zones(world: WorldStatus) -> frozenset[str]:
    """The zones out of service."""
    return frozenset(closed.zone for closed in world.closed_zones)


def cluster_in(world: WorldStatus, name: str) -> ClusterStatus:
    """The cluster of that name. Raises NotThereError."""
    for cluster in world.clusters:
        if cluster.name == name:
            return cluster
    raise NotThereError(f"There is no cluster {name!r}.")


def instance_in(cluster: ClusterStatus, number: str) -> InstanceStatus:
    """The instance of that number. Raises NotThereError."""
    for instance in cluster.instances:
        if str(instance.number) == number:
            return instance
    raise NotThereError(f"There is no instance {number!r} of {cluster.name} now.")


def events_of(scene: Scene, cluster: str | None, limit: int) -> tuple[Event, ...]:
    """The newest events, newest first."""
    return tuple(reversed(scene.services.loop.events(0, cluster, limit)))


def file_of(scene: Scene, cluster: str) -> Text:
    """The cluster's file as it is now."""
    try:
        found = scene.services.changes.spec(cluster)
    except ReconcilerError as error:
        return Text(problem=str(error))
    return Text(text=found.text, file=found.file)


def logs_of(scene: Scene, container: str, tail: int) -> Text:
    """The newest lines of an instance."""
    try:
        found = scene.services.containers.logs(container, tail)
    except ReconcilerError as error:
        return Text(problem=str(error))
    return Text(text="\n".join(map(_cut, found.split("\n"))))


def _cut(line: str) -> str:
    return line if len(line) <= _MOST_LINE else f"{line[:_MOST_LINE]}…"
