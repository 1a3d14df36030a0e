"""The environment's page: is all well, who stands where, what happens now.

Before: views, by path. After: templates/environment.html. Looks only.
"""

from dataclasses import dataclass

from reconciler.console.web.page import Page, Scene
from reconciler.console.web.pages.drawing import ready_spark
from reconciler.console.web.pages.finding import events_of
from reconciler.console.web.pages.health import health, tone_of, why
from reconciler.console.web.pages.matrix import matrix
from reconciler.console.web.pages.paths import cluster_path, group_path
from reconciler.console.web.pages.showing import rollout_words, traffic_of
from reconciler.console.web.plots import Spark
from reconciler.console.web.samples import Samples
from reconciler.plan.status import ClusterStatus, Phase

SHOWN_EVENTS = 12
WORST = 5
"""So many notices are seen at once, the others when somebody opens them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """A line of the table: `why` says what there is to say of a cluster that isn't simply ready."""

    status: ClusterStatus
    href: str
    group_href: str
    traffic: str
    rollout: str
    why: str
    spark: Spark | None


def environment(scene: Scene) -> Page:
    """`/`."""
    world = scene.services.loop.status()
    return Page(
        template="environment.html",
        title=f"{world.environment}.{world.domain}",
        values={
            "world": world,
            "health": health(world),
            "matrix": matrix(world),
            "clusters": tuple(cluster_row(one, scene.samples) for one in world.clusters),
            "faults": world.faults,
            "events": events_of(scene, None, SHOWN_EVENTS),
            "held": world.held,
            "worst": WORST,
        },
    )


def cluster_row(cluster: ClusterStatus, samples: Samples) -> ClusterRow:
    """One line of the table."""
    rollout = cluster.rollout
    plain = tone_of(cluster) == "good"
    return ClusterRow(
        status=cluster,
        href=cluster_path(cluster.name),
        group_href=group_path(cluster.name, cluster.revision) if cluster.revision else "",
        traffic=traffic_of(cluster),
        rollout=rollout_words(rollout) if rollout is not None and rollout.phase is not Phase.COMPLETE else "",
        why="" if plain else why(cluster),
        spark=ready_spark(samples.of(cluster.name)),
    )
