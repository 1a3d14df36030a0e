"""The page of one group: a revision, the text it was made from, what it differs by, who is of it, what came of it.

Before: views, by path. After: templates/group.html. Looks only.
"""

import itertools

from reconciler.console.history_rows import changes
from reconciler.console.web.page import NotThereError, Page, Scene
from reconciler.console.web.pages.finding import closed_zones, cluster_in, file_of
from reconciler.console.web.pages.groups import group_of
from reconciler.console.web.pages.paths import cluster_path
from reconciler.console.web.pages.revisions import revision_rows, spec_of


def group(scene: Scene) -> Page:
    """`/clusters/{name}/groups/{revision}`."""
    world = scene.services.loop.status()
    cluster, revision = cluster_in(world, scene.params["name"]), scene.params["revision"]
    kept = scene.services.loop.revisions(cluster.name)
    its = group_of(cluster, revision, closed_zones(world))
    row = next((one for one in revision_rows(kept, cluster) if one.revision == revision), None)
    known = next((one for one in kept if one.revision == revision), None)
    if row is None and not its.rows:
        raise NotThereError(f"{cluster.name} has no revision {revision!r} that is still known.")
    former = next((b.revision for a, b in itertools.pairwise(kept) if a.revision == revision), "")
    present = file_of(scene, cluster.name)
    now = spec_of(present.file, present.text.encode())
    return Page(
        template="group.html",
        title=f"{cluster.name}-{revision}",
        values={
            "cluster": cluster,
            "cluster_href": cluster_path(cluster.name),
            "revision": revision,
            "group": its,
            "row": row,
            "former": former,
            "text": known.text.decode(errors="replace") if known is not None else "",
            "file": known.file if known is not None else "",
            "from_here": changes(spec_of(known.file, known.text), now) if known is not None else None,
        },
    )
