"""The page of one instance: what it is in, what it says of itself, its log, what happened to it.

Before: views, by path. After: templates/instance.html. Looks only.
"""

from reconciler.console.web.page import Page, Scene
from reconciler.console.web.pages.dots import row
from reconciler.console.web.pages.finding import closed_zones, cluster_in, events_of, instance_in, logs_of
from reconciler.console.web.pages.paths import cluster_path

TAIL = 200
SHOWN_EVENTS = 20
_SEARCHED_EVENTS = 300
EVERY_SECONDS = 2.0
"""So often the log is looked at again while somebody watches."""


def instance(scene: Scene) -> Page:
    """`/clusters/{name}/instances/{number}`."""
    world = scene.services.loop.status()
    cluster = cluster_in(world, scene.params["name"])
    found = instance_in(cluster, scene.params["number"])
    subject = f"{cluster.name}-{found.number}"
    its = [event for event in events_of(scene, cluster.name, _SEARCHED_EVENTS) if event.subject == subject]
    return Page(
        template="instance.html",
        title=found.name,
        every_seconds=EVERY_SECONDS,
        values={
            "cluster": cluster,
            "cluster_href": cluster_path(cluster.name),
            "instance": found,
            "row": row(cluster, found, closed_zones(world)),
            "subject": subject,
            "logs": logs_of(scene, subject, TAIL),
            "tail": TAIL,
            "events": tuple(its[:SHOWN_EVENTS]),
            "faults": tuple(one for one in world.faults if subject in one.instances),
        },
    )
