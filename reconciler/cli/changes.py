"""What a plan's clusters differ in, field by field, from the specs that were in force last.

Before: plan. After: engine.store (the last good specs), console.differences. Without a store there is
nothing to say: the plan's own causes then stand alone.
"""

from collections.abc import Collection, Mapping

from reconciler.console.differences import Difference, differences
from reconciler.errors import SpecError
from reconciler.loop.settings import Settings
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.directory import cluster_of


def changes_since_last(
    settings: Settings, texts: Mapping[str, bytes], clusters: Collection[str]
) -> dict[str, tuple[Difference, ...]]:
    """By cluster, for those of `clusters` that have or had a file; `texts` is by file name."""
    from reconciler.engine.store import FILE_NAME

    file = settings.state / FILE_NAME
    last = _last_good(settings) if file.exists() else {}
    now = {cluster_of(name): text for name, text in texts.items()}
    found = {}
    for cluster in clusters:
        before, after = _spec(settings, cluster, last), _spec(settings, cluster, now)
        if before is not None or after is not None:
            found[cluster] = differences(before, after)
    return found


def _last_good(settings: Settings) -> dict[str, bytes]:
    from reconciler.engine.store_file import read_only
    from reconciler.engine.store_values import StoreError

    try:
        content = read_only(settings.state / "state.db")
    except StoreError:
        return {}  # history is a comfort: a plan is complete without it
    return {name: spec.text for name, spec in content.specs.items()}


def _spec(settings: Settings, cluster: str, texts: Mapping[str, bytes]) -> ClusterSpec | None:
    from reconciler.spec.parse import parse_cluster

    if cluster not in texts:
        return None
    try:
        return parse_cluster(texts[cluster], file=f"{cluster}.yaml", policy=settings.policy)
    except SpecError:
        return None  # written by a version with another format
