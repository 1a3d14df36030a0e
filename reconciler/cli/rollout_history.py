"""What is known of a cluster's revisions, and how they are shown.

Before: rollout. After: the running loop, else its store, read-only; console for how it looks. Nothing is changed here.
"""

from collections.abc import Sequence
from typing import Any

from reconciler.cli import session
from reconciler.console.history_rows import history_rows
from reconciler.console.history_view import HistoryRow
from reconciler.errors import LoopNotRunning, ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus
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
    return history_rows(revisions, cluster, wanted, settings.policy)


def row_dict(row: HistoryRow) -> dict[str, Any]:
    """For scripts."""
    changes = [{"field": c.field, "before": c.before, "after": c.after} for c in row.changes or ()]
    return {
        "revision": row.revision, "at": row.at, "image": row.image, "state": row.state, "good": row.good,
        "failed": row.failed, "in_file": row.wanted, "instances": row.runs,
        "changes": None if row.changes is None else changes,
    }  # fmt: skip
