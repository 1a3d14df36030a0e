"""A command's change of the watched directory: the same wishes as the API's and the console's, told to the loop.

Before: change, rollout. After: changes.workshop (the files), the loop, which follows. The files stay the truth: where
one may not be written, it is left as it is, and so is everything else.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.api.client import LoopClient
from reconciler.cli import output, session
from reconciler.loop.settings import Settings
from reconciler.plan.status import WorldStatus

if TYPE_CHECKING:
    from reconciler.changes.draft import Draft
    from reconciler.changes.wishes import Wish
    from reconciler.spec.cluster import ClusterSpec
    from reconciler.state.revisions import KeptRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What was done, or would be, and the loop that follows, where one runs."""

    draft: "Draft"
    settings: Settings
    loop: LoopClient | None

    @property
    def changed(self) -> bool:
        """Whether there was anything to change."""
        return any(edit.changed for edit in self.draft.edits)

    @property
    def difference(self) -> str:
        """As `diff -u` shows it."""
        return "".join(edit.difference for edit in self.draft.edits)

    @property
    def specs(self) -> "tuple[ClusterSpec, ClusterSpec]":
        """What the one edited file said and says now."""
        from reconciler.changes.spec_text import understood

        ((file, after),) = self.draft.files.items()
        before = self.draft.read[file]
        path, policy = self.settings.specs / file, self.settings.policy
        return understood(path, before or b"", policy).spec, understood(path, after or b"", policy).spec


def edit(
    settings: Settings, wish: "Wish", *, dry_run: bool = False, status: Callable[[], WorldStatus] | None = None
) -> Edited:
    """Carry a wish out; `dry_run`: leave the files. `status` is how to look, for those wishes that need it.

    Raises SpecError, UsageError or ReconcilerError, and nothing was changed then.
    """
    from reconciler.changes.texts import Known
    from reconciler.changes.workshop import Workshop

    def revisions(cluster: str) -> "Sequence[KeptRevision]":
        from reconciler.cli.rollout_history import known_revisions

        return known_revisions(settings, cluster)

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    known = Known(revisions=revisions, status=status or (lambda: session.look(settings)), now=time.time)
    workshop = Workshop(directory, settings.policy, known)
    if dry_run:
        draft = workshop.draft(wish)
    else:
        draft = workshop.carry_out(wish, announce=lambda name: _expect(settings, loop, name))
    return Edited(draft=draft, settings=settings, loop=loop)


def _expect(settings: Settings, loop: LoopClient | None, name: str) -> None:
    """A deletion by name is confirmed: the loop hears of it before the file goes, or will find it in its store."""
    if loop is not None:
        loop.expect_delete(name)
        return
    from reconciler.engine.store import FILE_NAME, Store

    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.state / FILE_NAME, output.remark)
    try:
        store.confirm([name])
        store.flush()
    finally:
        store.close()


def follow_up(edited: Edited, told: str) -> None:
    """Say what was done and what isn't to be expected of it, and have the loop see it."""
    output.say(told)
    if edited.loop is not None:
        edited.loop.rescan()
    else:
        output.remark("no loop is running: the containers follow when `reconciler run` does")
    from reconciler.cli.patience import as_typed

    for remark in edited.draft.remarks:
        output.remark(as_typed(remark, edited.settings.env))
