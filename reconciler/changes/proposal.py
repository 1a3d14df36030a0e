"""A wish before it is carried out: which files would become what, and what the loop would do then.

Before: workshop. After: whoever shows it and asks for it to be carried out as it was shown. Pure values.
"""

import difflib
import re
from dataclasses import dataclass

from reconciler.plan.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """One file by its bare name; `before` None: there is none yet, `after` None: it is removed."""

    file: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after

    @property
    def difference(self) -> str:
        """As `diff -u` and git show it; empty where nothing changes."""
        # Not splitlines: a character that only looks like a line's end would make lines that git doesn't know.
        old, new = (re.findall(r".*\n|.+", text or "") for text in (self.before, self.after))
        names = (
            "/dev/null" if self.before is None else f"a/{self.file}",
            "/dev/null" if self.after is None else f"b/{self.file}",
        )
        lines = difflib.unified_diff(old, new, *names)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`says` is the wish in words (`resize webapp to 5`), `clusters` whom it is about.

    `base` stands for the files as they were read for it: carried out with it, a wish is refused where they have changed
    since. `plans` are what the loop would do, one for each cluster of `clusters`; None where no loop could be asked.
    """

    says: str
    clusters: tuple[str, ...]
    base: str
    edits: tuple[FileEdit, ...]
    plans: tuple[Plan, ...] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any file would change."""
        return any(edit.changed for edit in self.edits)

    @property
    def difference(self) -> str:
        """Of all files."""
        return "".join(edit.difference for edit in self.edits)
