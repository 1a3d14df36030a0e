"""What is known of a cluster's revisions, and how they are shown.

Before: rollout. After: the running loop, else its store, read-only; console for how it looks. Nothing is changed here.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from reconciler.cli import session
from reconciler.console.differences import Difference, differences
from reconciler.console.history_view import HistoryRow
from reconciler.errors import LoopNotRunning, ReconcilerError, SpecError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.revisions import KeptRevision


def known_revisions(settings: Settings, name: str) -> tuple[KeptRevision, ...]:
    """Newest first. Raises ReconcilerError where none is known, which says where it was looked for."""
    try:
        found, where = session.client(settings).revisions(name), "the running loop"
    except LoopNotRunning:
        found, where = _stored(settings, name), f"the store in {settings.state} (no loop is running)"
    if not found:
        raise ReconcilerError(
            f"{name} has no history: {where} knows no revision of it; one is remembered when its first instance is made"
        )
    return found


def _stored(settings: Settings, name: str) -> tuple[KeptRevision, ...]:
    from reconciler.engine.store import FILE_NAME
    from reconciler.engine.store_file import read_only
    from reconciler.engine.store_values import StoreError

    file = settings.state / FILE_NAME
    if not file.exists():
        return ()
    try:
        return tuple(reversed(read_only(file).revisions.get(name, ())))
    except StoreError as error:
        raise ReconcilerError(f"{file} can't be read: {error}") from error


def rows(
    settings: Settings, revisions: Sequence[KeptRevision], cluster: ClusterStatus | None
) -> tuple[HistoryRow, ...]:
    """As they are shown; `cluster` is as it is now (None: it can't be seen)."""
    rollout = cluster.rollout if cluster else None
    wanted = rollout.revision if rollout else cluster.revision if cluster else ""
    specs = [_spec(settings, kept) for kept in revisions]
    former: list[ClusterSpec | None] = [*specs[1:], None]
    return tuple(
        HistoryRow(
            revision=kept.revision, at=kept.at, image=kept.image, good=kept.good, failed=kept.why,
            wanted=kept.revision == wanted, runs=_runs(cluster, kept.revision), changes=_changes(before, after),
        )
        for kept, before, after in zip(revisions, former, specs, strict=True)
    )  # fmt: skip


def _runs(cluster: ClusterStatus | None, revision: str) -> int | None:
    return None if cluster is None else sum(1 for i in cluster.instances if i.id and i.revision == revision)


def _spec(settings: Settings, kept: KeptRevision) -> ClusterSpec | None:
    from reconciler.spec.parse import parse_cluster

    with suppress(SpecError):  # of a version with another format; its line stands without what differs
        if kept.text:
            return parse_cluster(kept.text, file=kept.file, policy=settings.policy)
    return None


def _changes(before: ClusterSpec | None, after: ClusterSpec | None) -> tuple[Difference, ...] | None:
    """Only of what makes a revision: the size it had then is nobody's business now."""
    if before is None or after is None:
        return None
    return differences(before, before.dressed_as(after))


def row_dict(row: HistoryRow) -> dict[str, Any]:
    """For scripts."""
    changes = [{"field": c.field, "before": c.before, "after": c.after} for c in row.changes or ()]
    return {
        "revision": row.revision, "at": row.at, "image": row.image, "state": row.state, "good": row.good,
        "failed": row.failed, "in_file": row.wanted, "instances": row.runs,
        "changes": None if row.changes is None else changes,
    }  # fmt: skip
