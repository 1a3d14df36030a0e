"""A cluster's page: what it is in, its groups side by side, its rollout as steps, its plots, its history, its file.

Before: views, by path. After: templates/cluster.html. Looks only.
"""

from reconciler.console.glyphs import state_of
from reconciler.console.web.page import Page, Scene
from reconciler.console.web.pages.drawing import load_plot, recovery_says, size_plot
from reconciler.console.web.pages.finding import closed_zones, cluster_in, events_of, file_of
from reconciler.console.web.pages.groups import groups
from reconciler.console.web.pages.health import awaits, tone_of, why
from reconciler.console.web.pages.revisions import revision_rows
from reconciler.console.web.pages.showing import doing_of, rollout_words, runs_of, scale_of, traffic_of
from reconciler.console.web.pages.steps import steps
from reconciler.console.web.recoveries import recoveries
from reconciler.plan.status import ClusterStatus, Phase

SHOWN_EVENTS = 15
_REMEMBERED_EVENTS = 200
EVERY_SECONDS = 2.0
"""So often the plots are drawn again while somebody watches."""


def cluster(scene: Scene) -> Page:
    """`/clusters/{name}`."""
    world = scene.services.loop.status()
    found = cluster_in(world, scene.params["name"])
    events = events_of(scene, found.name, _REMEMBERED_EVENTS)
    samples = scene.samples.of(found.name)
    dips = recoveries(samples, events)
    rollout = found.rollout
    shown = rollout if rollout is not None and (rollout.phase is not Phase.COMPLETE or rollout.former) else None
    return Page(
        template="cluster.html",
        title=found.name,
        every_seconds=EVERY_SECONDS,
        values={
            "cluster": found,
            "tone": tone_of(found),
            "awaits": awaits(found),
            "doing": doing_of(found),
            "trouble": _trouble(found),
            "held": state_of(found) == "Held",
            "groups": groups(found, closed_zones(world)),
            "rollout": shown,
            "rollout_words": rollout_words(shown) if shown is not None else "",
            "steps": steps(shown) if shown is not None else (),
            "traffic": traffic_of(found),
            "scale": scale_of(found),
            "size_plot": size_plot(samples, dips, events, scene.now),
            "load_plot": load_plot(samples, found.scale, scene.now),
            "recoveries": tuple(
                (one.began_at, recovery_says(one, scene.now)) for one in reversed(dips)
            ),
            "revisions": revision_rows(scene.services.loop.revisions(found.name), found),
            "runs": runs_of(events),
            "file": file_of(scene, found.name),
            "events": events[:SHOWN_EVENTS],
            "faults": tuple(one for one in world.faults if _hits(one.instances, found.name)),
        },
    )  # fmt: skip


def _trouble(cluster: ClusterStatus) -> str:
    """What is wrong with it, where neither its file's problems nor the wait for a person say so."""
    if cluster.problems or cluster.awaits_person or tone_of(cluster) not in ("bad", "warn"):
        return ""
    return why(cluster)


def _hits(instances: tuple[str, ...], cluster_name: str) -> bool:
    return any(one.rpartition("-")[0] == cluster_name for one in instances)
