"""What is known of a cluster's revisions, and which of them an undo goes back to.

Before: rollout. After: the running loop, else its store, read-only; console for how it looks. Nothing is changed here.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from reconciler.cli import session
from reconciler.cli.editing import SpecText
from reconciler.console.differences import Difference, differences
from reconciler.console.history_view import HistoryRow
from reconciler.errors import LoopNotRunning, ReconcilerError, SpecError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus, RolloutStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.put_back import same_template
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


def one(revisions: Sequence[KeptRevision], label: str) -> KeptRevision:
    """The revision of this label. Raises UsageError for an unknown one."""
    for kept in revisions:
        if kept.revision == label:
            return kept
    known = ", ".join(kept.revision for kept in revisions)
    raise UsageError(f"no revision {label!r} is known; there are {known}")


def text_of(kept: KeptRevision) -> str:
    """Its spec's text. Raises ReconcilerError where that isn't known any more."""
    if not kept.text:
        raise ReconcilerError(f"the text of {kept.revision} isn't known any more; edit the file by hand")
    return kept.text.decode()


def goal_of_undo(
    revisions: Sequence[KeptRevision], label: str | None, present: SpecText, rollout: RolloutStatus | None = None
) -> KeptRevision:
    """The named revision, else where the present rollout came from, else the newest good one; never what the file
    says now. Raises where there is none.

    A file that says something newer than the loop has seen goes back to what was complete before that.
    """
    if label is not None:
        chosen = one(revisions, label)
        if same_template(present.text, text_of(chosen), file=present.file):
            raise ReconcilerError(_said_already(chosen, revisions, present))
        return chosen
    others = [kept for kept in revisions if kept.text and not same_template(present.text, text_of(kept))]
    latest, former = (rollout.revision, rollout.former) if rollout else ("", "")
    unseen = [kept for kept in others if kept.revision == latest and kept.good]
    came_from = [kept for kept in revisions if kept.revision == former and kept.text]
    if came_from and not unseen and came_from[0] not in others:
        raise ReconcilerError(f"{_said_already(came_from[0], revisions, present)}; another one is named with --to")
    ways = unseen + came_from + [kept for kept in others if kept.good]
    if ways:
        return ways[0]
    if others:
        named = ", ".join(f"{kept.revision} ({kept.why or 'never complete'})" for kept in others)
        raise ReconcilerError(f"no earlier revision was ever rolled out to the end; name one with --to: {named}")
    for kept in revisions[1:]:
        if kept.good:
            raise ReconcilerError(_said_already(kept, revisions, present))
    raise ReconcilerError(f"there is nothing to go back to: {revisions[0].revision} is all that was ever wanted")


def _said_already(chosen: KeptRevision, revisions: Sequence[KeptRevision], present: SpecText) -> str:
    said = f"{present.file} says what {chosen.revision} was made from already (nothing was changed)"
    twins = [kept for kept in revisions if kept.version.spec_hash == chosen.version.spec_hash and kept is not chosen]
    if not twins and present.spec.secrets:
        return f"{said}; where the contents of its secret files differ, put the earlier ones back"
    if not twins:
        return said
    return (
        f"{said}; {chosen.revision} and {twins[0].revision} differ by the image that `{chosen.image}` meant: to go "
        f"back, tag the earlier one again: `docker tag {chosen.version.image_id} {chosen.image}`"
    )


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
    from reconciler.cli.sources import policy
    from reconciler.spec.parse import parse_cluster

    with suppress(SpecError):  # of a version with another format; its line stands without what differs
        if kept.text:
            return parse_cluster(kept.text, file=kept.file, policy=policy(settings))
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
