"""The part of a spec that says which registries lead traffic to the cluster: `discovery`, with the rules that a
schema can't say.

Before: build. After: cluster. Whether a cluster of that name is there, only all files together say: world.
"""

from reconciler.spec.cluster import Discovery, Eureka
from reconciler.spec.values import Values

_EUREKA = ("discovery", "eureka")


def discovery(values: Values) -> Discovery:
    """The registries: none where the file names none."""
    if not values.has(*_EUREKA):
        return Discovery()
    _one_place(values)
    return Discovery(
        eureka=Eureka(
            app=values.text("", *_EUREKA, "app"),
            cluster=values.text("", *_EUREKA, "cluster") or None,
            port=values.whole(Eureka(app="").port, *_EUREKA, "port"),
            path=values.text(Eureka(app="").path, *_EUREKA, "path").rstrip("/"),
            url=values.text("", *_EUREKA, "url").rstrip("/") or None,
        )
    )


def _one_place(values: Values) -> None:
    url = (*_EUREKA, "url")
    if not values.given(*url):
        if not values.given(*_EUREKA, "cluster"):
            fix = "add `cluster: eureka`, or `url: http://…` for one outside"
            values.problem(_EUREKA, "nothing says where Eureka is", fix, at_key=True)
        return
    if values.given(*_EUREKA, "cluster"):
        values.problem(url, "`cluster` and `url` can't stand together", "keep one of them", at_key=True)
        return
    for key in ("port", "path"):
        if values.given(*_EUREKA, key):
            problem = f"`url` says the {key} already"
            values.problem((*_EUREKA, key), problem, "remove it, or use `cluster` instead of `url`", at_key=True)
