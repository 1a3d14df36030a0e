"""What commands know of the environment: through the running loop, else by looking at Docker themselves.

Before: commands, with their Settings. After: api.client, or loop.offline where no loop runs.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reconciler.api.client import LoopClient
from reconciler.changes.ending import Taken
from reconciler.errors import LoopNotRunning, ReconcilerError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus
from reconciler.spec.policy import Policy


def client(settings: Settings) -> LoopClient:
    """The loop's client, whether a loop runs or not."""
    return LoopClient(settings.socket)


def running(settings: Settings) -> LoopClient | None:
    """The loop's client where one runs."""
    found = client(settings)
    return found if settings.socket.exists() and found.alive() else None


def look(settings: Settings) -> WorldStatus:
    """The environment as its loop sees it; where none runs, as Docker shows it, with heartbeats unknown."""
    with suppress(LoopNotRunning):
        return client(settings).status()
    from reconciler.loop.offline import offline_status

    return offline_status(settings)


def insist_on_watched(settings: Settings, loop: LoopClient | None) -> Path:
    """The directory to change. Raises UsageError where the loop that runs watches another one than was
    named.
    """
    if loop is not None:
        theirs = Path(loop.info().get("specs", "") or settings.specs)
        if theirs.resolve() != settings.specs.resolve():
            raise UsageError(
                f"the loop of environment {settings.env} watches {theirs}, not {settings.specs}: leave out --specs"
            )
    return settings.specs


def taken_up(loop: LoopClient, directory: Path, policy: Policy, clusters: Sequence[str]) -> Taken:
    """What the loop makes of these clusters as the directory's files are now."""
    from reconciler.changes.taking_up import taken_up

    return taken_up(loop.plan, directory, policy, clusters)


def file_names(directory: Path) -> list[str]:
    """The clusters that have a file in the directory, in order."""
    from reconciler.spec.directory import listing

    return sorted(listing(entry.name for entry in directory.iterdir()).files)


def only(world: WorldStatus, names: Iterable[str]) -> WorldStatus:
    """The world with the clusters (or the single instances) of these names. Raises ReconcilerError for
    unknown ones.
    """
    kept: dict[str, ClusterStatus] = {}
    for name in names:
        cluster, instance = find(world, name)
        if instance is not None:
            about = re.compile(rf"\b{re.escape(cluster.name)}-?{instance.number}\b")
            doing = tuple(sentence for sentence in cluster.doing if about.search(sentence))
            cluster = replace(cluster, instances=(instance,), zones=(instance.zone,), doing=doing)
        kept[cluster.name] = cluster
    return replace(world, clusters=tuple(kept.values()))


def find(world: WorldStatus, name: str) -> tuple[ClusterStatus, InstanceStatus | None]:
    """A cluster by name, or one of its instances: `webapp`, `webapp-1`, `webapp1` or `dev-webapp-1`.

    A cluster's name wins over an instance's that looks the same.
    """
    for cluster in world.clusters:
        if cluster.name == name:
            return cluster, None
    for cluster in world.clusters:
        for instance in cluster.instances:
            if name in (
                instance.name,
                f"{cluster.name}-{instance.number}",
                f"{cluster.name}{instance.number}",
            ):
                return cluster, instance
            if instance.container and name == instance.container:
                return cluster, instance
    raise ReconcilerError(f"no cluster or instance {name!r} in environment {world.environment}; {_known(world)}")


def _known(world: WorldStatus) -> str:
    names = ", ".join(cluster.name for cluster in world.clusters)
    return f"there are {names}" if names else "there is none"


def one_instance(world: WorldStatus, name: str) -> InstanceStatus:
    """The instance to look into: the named one, or the first running one of the named cluster."""
    cluster, instance = find(world, name)
    if instance is not None and instance.id:
        return instance
    alive = [i for i in cluster.instances if i.phase in ("running", "paused") and i.id]
    if instance is not None or not alive:
        raise ReconcilerError(f"{name} has no running container; `reconciler status {cluster.name}` says why")
    return alive[0]
