"""A proposal as its page shows it: what each file becomes, and what the loop would do then.

Before: changing, with a Proposal. After: propose.html and conflict.html. Pure view models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.changes.proposal import FileEdit, Proposal
from reconciler.console.plan_view import sign, summary, verb
from reconciler.plan.plan import Plan

_WORDS = {"+": "makes", "-": "ends", "~": "changes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One line of a plan: `sign` with `meaning` in a word, `verb`, whom it is about, why."""

    sign: str
    meaning: str
    verb: str
    subject: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """What one cluster's next pass would do; `held` says what a guard stops."""

    cluster: str
    actions: tuple[PlanRow, ...]
    waits: tuple[PlanRow, ...]
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file, what becomes of it in a word, and its difference as `diff -u` prints it."""

    file: str
    word: str
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A proposal on its page. `plans` None: no loop could be asked; `counts` is a line that sums them up."""

    says: str
    clusters: tuple[str, ...]
    base: str
    changed: bool
    files: tuple[FileChange, ...]
    plans: tuple[ClusterPlan, ...] | None
    counts: str
    remarks: tuple[str, ...]


def shown(proposal: Proposal) -> Shown:
    """Everything that a person should see before it is done."""
    loud = [plan for plan in proposal.plans or () if not plan.quiet]
    return Shown(
        says=proposal.says,
        clusters=proposal.clusters,
        base=proposal.base,
        changed=proposal.changed,
        files=tuple(_file(edit) for edit in proposal.edits if edit.changed),
        plans=None if proposal.plans is None else tuple(_plan(plan) for plan in loud),
        counts=summary(loud) if loud else "",
        remarks=proposal.remarks,
    )


def _file(edit: FileEdit) -> FileChange:
    word = "new file" if edit.before is None else "removed" if edit.after is None else "changed"
    return FileChange(file=edit.file, word=word, difference=edit.difference)


def _plan(plan: Plan) -> ClusterPlan:
    return ClusterPlan(
        cluster=plan.cluster,
        actions=_actions(plan),
        waits=tuple(
            PlanRow(sign="…", meaning="waits", verb="wait", subject=wait.reason, cause=wait.message)
            for wait in plan.waits
        ),
        held=f"{plan.held.reason}: {plan.held.message}" if plan.held else "",
    )


def _actions(plan: Plan) -> tuple[PlanRow, ...]:
    rows: Sequence[PlanRow] = [
        PlanRow(sign=sign(a), meaning=_WORDS[sign(a)], verb=verb(a), subject=a.subject, cause=a.cause)
        for a in plan.actions
    ]
    return tuple(rows)
