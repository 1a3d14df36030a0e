"""The page of names: what a name answers, and why others don't.

Before: views, by path. After: templates/names.html. Looks only.
"""

from reconciler.console.web.page import Page, Scene
from reconciler.console.web.pages.paths import cluster_path, names_path
from reconciler.errors import ReconcilerError
from reconciler.plan.lookup import NameStatus

_MOST_CHARACTERS = 260


def names(scene: Scene) -> Page:
    """`/names?name=…`."""
    world = scene.services.loop.status()
    asked = scene.query.get("name", "").strip()[:_MOST_CHARACTERS]
    found, problem = _look_up(scene, asked)
    known = {one.dns: cluster_path(one.name) for one in world.clusters}
    return Page(
        template="names.html",
        title=f"Name {asked}" if asked else "Names",
        values={
            "asked": asked,
            "found": found,
            "problem": problem,
            "trouble": world.names_problem,
            "hrefs": known,
            "known": tuple(
                (f"{label}.{world.environment}.{world.domain}", names_path(label)) for label in sorted(known)
            ),
        },
    )


def _look_up(scene: Scene, asked: str) -> tuple[NameStatus | None, str]:
    if not asked:
        return None, ""
    try:
        return scene.services.loop.lookup(asked), ""
    except ReconcilerError as error:
        return None, str(error)
