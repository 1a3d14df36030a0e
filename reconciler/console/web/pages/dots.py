"""One instance as a dot, and as a row of a table: verdict as sign and word, where its page is.

Before: InstanceStatus. After: the pages' templates. Pure; colour only repeats what the sign and the word say.
"""

from dataclasses import dataclass

from reconciler.console.glyphs import UNICODE
from reconciler.console.web.filters import SHORT_ID
from reconciler.console.web.pages.paths import group_path, instance_path, zone_path
from reconciler.console.zones import IDLE, verdict_word
from reconciler.plan.status import ClusterStatus, InstanceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """`words` are what the sign means; `beat` is the key under which the live stream tells its heartbeat's age.

    `idle`: it is ready and has no traffic, because another group has it or its file says so.
    """

    key: str
    href: str
    sign: str
    verdict: str
    words: str
    idle: bool
    beat: str
    age: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An instance in a table. `old`: it is of another revision than the cluster's."""

    dot: Dot
    status: InstanceStatus
    cluster: str
    group_href: str
    zone_href: str
    old: bool
    closed_zone: bool


def dot(cluster: ClusterStatus, instance: InstanceStatus) -> Dot:
    """One instance, at a glance."""
    word = verdict_word(instance, cluster)
    old = f", {instance.revision}" if is_old(cluster, instance) else ""
    return Dot(
        key=f"{cluster.name}-{instance.number}",
        href=instance_path(cluster.name, instance.number),
        sign=UNICODE.verdict(instance.verdict),
        verdict=instance.verdict.value,
        words=f"{instance.name}, {word}{old}",
        idle=word == IDLE,
        beat=instance.id[:SHORT_ID],
        age=instance.heartbeat_age,
    )


def row(cluster: ClusterStatus, instance: InstanceStatus, closed: frozenset[str]) -> Row:
    """One instance, with all that is known of it; `closed` are zones out of service."""
    return Row(
        dot=dot(cluster, instance),
        status=instance,
        cluster=cluster.name,
        group_href=group_path(cluster.name, instance.revision) if instance.revision else "",
        zone_href=zone_path(instance.zone) if instance.zone else "",
        old=is_old(cluster, instance),
        closed_zone=instance.zone in closed,
    )


def rows(cluster: ClusterStatus, closed: frozenset[str]) -> tuple[Row, ...]:
    """All instances of a cluster, by number."""
    return tuple(row(cluster, one, closed) for one in sorted(cluster.instances, key=lambda one: one.number))


def is_old(cluster: ClusterStatus, instance: InstanceStatus) -> bool:
    """It is of another revision than the one that is wanted."""
    wanted = wanted_revision(cluster)
    return bool(instance.revision and wanted) and instance.revision != wanted


def wanted_revision(cluster: ClusterStatus) -> str:
    """The revision that the file asks for, as far as it is known; empty where there is no file that can be read."""
    if not cluster.generation:
        return ""
    return cluster.rollout.revision if cluster.rollout is not None else cluster.revision
