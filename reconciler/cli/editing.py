"""A command's change of one spec file: found, read, edited and checked under the directory's lock, then placed.

Before: change, rollout. After: spec.edit and spec.put_back (the text), placing (the file), the loop, which follows. The
file stays the truth: where it may not be written, it is left as it is, and so is everything else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.api.client import LoopClient
from reconciler.changes.spec_text import SpecText
from reconciler.cli import output, session
from reconciler.loop.settings import Settings
from reconciler.spec.edit import Value, set_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What a file was and what it has become (or would become)."""

    before: SpecText
    after: SpecText
    loop: LoopClient | None

    @property
    def changed(self) -> bool:
        """Whether there was anything to change."""
        return self.before.text != self.after.text


def edit(settings: Settings, name: str, change: Callable[[SpecText], str], *, dry_run: bool = False) -> Edited:
    """Have `change` make the new text of a cluster's file, which has to be a good spec; `dry_run`: leave the file.

    Raises SpecError, UsageError or ReconcilerError, and nothing was changed then; `change` raises where it may not be.
    """
    from reconciler.changes.placing import locked, place_locked
    from reconciler.changes.spec_text import read_text, single, understood

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    with locked(directory):
        file = single(directory, name)
        before = read_text(directory, file, settings.policy)
        after = understood(directory / file, change(before).encode(), settings.policy)
        if not dry_run:
            place_locked(directory, {file: after.text.encode()})
    return Edited(before=before, after=after, loop=loop)


def setting(path: str | tuple[str, ...], value: Value) -> Callable[[SpecText], str]:
    """The change that sets one value."""
    return lambda before: set_key(before.text, path, value, file=before.file)


def follow_up(loop: LoopClient | None, told: str) -> None:
    """Say what was done, and have the loop see it."""
    output.say(told)
    if loop is not None:
        loop.rescan()
    else:
        output.remark("no loop is running: the containers follow when `reconciler run` does")
