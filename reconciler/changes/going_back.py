"""Which of a cluster's revisions an undo goes back to. Pure.

Before: the revisions as the loop or its store knows them. After: spec.put_back, which writes it into the file.
"""

from collections.abc import Sequence

from reconciler.changes.spec_text import SpecText
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import RolloutStatus
from reconciler.spec.put_back import same_template
from reconciler.state.revisions import KeptRevision


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
