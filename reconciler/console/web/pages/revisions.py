"""The revisions of a cluster for its pages: every text is read, whatever the operator allows by now.

Before: KeptRevision, ClusterStatus. After: the pages of a cluster and of a group; console.history_rows does the work.
"""

from collections.abc import Sequence

from reconciler.console import history_rows
from reconciler.console.history_view import HistoryRow
from reconciler.console.web.pages.dots import wanted_revision
from reconciler.plan.status import ClusterStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.policy import Policy
from reconciler.state.revisions import KeptRevision

_READING = Policy(allow_paths=("/",))
"""It is only shown: what the operator allows was asked when it was run."""


def revision_rows(kept: Sequence[KeptRevision], cluster: ClusterStatus) -> tuple[HistoryRow, ...]:
    """One row for each, newest first."""
    return history_rows.history_rows(kept, cluster, wanted_revision(cluster), _READING)


def spec_of(file: str, text: bytes) -> ClusterSpec | None:
    """The spec in a text; None where there is none, or it can't be read any more."""
    return history_rows.spec_of(file, text, _READING)
