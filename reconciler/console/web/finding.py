"""A cluster by a part of its name: straight to it where only one fits, else the few that do.

Before: the field in every page's head. After: the cluster's page. Pure but for the status it asks for.
"""

from reconciler.console.web.page import Page, Redirect, Scene


def find(scene: Scene) -> Page | Redirect:
    """Where `?q=` leads to."""
    wanted = scene.query.get("q", "").strip().lower()
    names = [cluster.name for cluster in scene.services.loop.status().clusters]
    fitting = fits(wanted, names)
    if len(fitting) == 1:
        return Redirect(to=f"/clusters/{fitting[0]}")
    return Page(template="find.html", title="Find a cluster", values={"wanted": wanted, "names": fitting})


def fits(wanted: str, names: list[str]) -> list[str]:
    """The names that are meant: the very one, else those that begin so, else those that hold it."""
    if wanted in names:
        return [wanted]
    return [name for name in names if name.startswith(wanted)] or [name for name in names if wanted in name]
