"""The revisions of a cluster as people read them: what changed from one to the next, what came of it, who runs it.

Before: KeptRevision, ClusterStatus. After: the pages of a cluster and of a group. Texts are read once and remembered.
"""

from collections.abc import Sequence
from functools import lru_cache

from reconciler.console.differences import Difference, differences
from reconciler.console.history_view import HistoryRow
from reconciler.console.web.pages.dots import wanted_revision
from reconciler.errors import SpecError
from reconciler.plan.status import ClusterStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.state.revisions import KeptRevision

_READING = Policy(allow_paths=("/",))
"""It is only shown: what the operator allows was asked when it was run."""


def revision_rows(kept: Sequence[KeptRevision], cluster: ClusterStatus) -> tuple[HistoryRow, ...]:
    """One row for each, in the order given (newest first); what differs is from the one that follows it there."""
    wanted = wanted_revision(cluster)
    specs = [spec_of(one.file, one.text) for one in kept]
    former = [*specs, None][1:]
    return tuple(
        HistoryRow(
            revision=one.revision, at=one.at, image=one.image, good=one.good, failed=one.why,
            wanted=one.revision == wanted, runs=_runs(cluster, one.revision), changes=changes(before, after),
        )
        for one, before, after in zip(kept, former, specs, strict=True)
    )  # fmt: skip


def changes(before: ClusterSpec | None, after: ClusterSpec | None) -> tuple[Difference, ...] | None:
    """Of what makes a revision, field by field; None where one of them isn't known."""
    if before is None or after is None:
        return None
    return differences(before, before.dressed_as(after))


@lru_cache(maxsize=256)
def spec_of(file: str, text: bytes) -> ClusterSpec | None:
    """The spec in a text; None where there is none, or it can't be read any more."""
    if not text:
        return None
    try:
        return parse_cluster(text, file=file, policy=_READING)
    except SpecError:  # of another format: the row stands without what differs
        return None


def _runs(cluster: ClusterStatus, revision: str) -> int:
    return sum(1 for one in cluster.instances if one.id and one.revision == revision)
