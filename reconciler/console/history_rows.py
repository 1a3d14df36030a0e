"""The rows of a cluster's history: what changed from one revision to the next, what came of it, who runs it.

Before: KeptRevision, ClusterStatus. After: history_view, the console's pages, `rollout history -o json`. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache

from reconciler.console.differences import Difference, differences
from reconciler.console.history_view import HistoryRow
from reconciler.errors import SpecError
from reconciler.plan.status import ClusterStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.policy import Policy
from reconciler.state.revisions import KeptRevision


def history_rows(
    kept: Sequence[KeptRevision], cluster: ClusterStatus | None, wanted: str, policy: Policy
) -> tuple[HistoryRow, ...]:
    """One row for each, in the order given (newest first); what differs is from the one that follows it there.

    `cluster` is as it is now (None: it can't be seen), `wanted` the revision that its file asks for.
    """
    specs = [spec_of(one.file, one.text, policy) for one in kept]
    former = [*specs, None][1:]
    return tuple(
        HistoryRow(
            revision=one.revision, at=one.at, image=one.image, good=one.good, failed=one.why,
            wanted=one.revision == wanted, runs=_runs(cluster, one.revision), changes=changes(before, after),
        )
        for one, before, after in zip(kept, former, specs, strict=True)
    )  # fmt: skip


def changes(before: ClusterSpec | None, after: ClusterSpec | None) -> tuple[Difference, ...] | None:
    """Only of what makes a revision: the size it had then is nobody's business now. None where one isn't known."""
    if before is None or after is None:
        return None
    return differences(before, before.dressed_as(after))


@lru_cache(maxsize=256)
def spec_of(file: str, text: bytes, policy: Policy) -> ClusterSpec | None:
    """The spec in a text; None where there is none, or it can't be read any more."""
    from reconciler.spec.parse import parse_cluster

    if not text:
        return None
    try:
        return parse_cluster(text, file=file, policy=policy)
    except SpecError:  # of another format: the row stands without what differs
        return None


def _runs(cluster: ClusterStatus | None, revision: str) -> int | None:
    return None if cluster is None else sum(1 for i in cluster.instances if i.id and i.revision == revision)
