"""A wish worked out against the files as they are: what was read for it, and what they become. Pure values.

Before: workshop, which reads. After: placing (the files), proposal (what is shown of it).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.changes.proposal import FileEdit
from reconciler.errors import FileChanged

Files = Mapping[str, bytes | None]
"""Contents by bare file name; None: no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`read` is all that the wish depends on, `files` what it makes of them, both by bare name.

    `clusters` is whom it is about; `removed` are those of them that go, `named`: by name, which confirms it.
    `revision` is the one that a judgement or an undo turned out to be about.
    """

    says: str
    clusters: tuple[str, ...]
    read: Files
    files: Files
    removed: tuple[str, ...] = ()
    named: bool = False
    revision: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Stands for the files as they were read."""
        return digest(self.read)

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        """One for each file that would be written or removed."""
        return edits(self.read, self.files)


def digest(read: Files) -> str:
    """The same for the same files with the same contents, and for no others."""
    found = hashlib.sha256()
    for name, content in sorted(read.items()):
        size = -1 if content is None else len(content)
        found.update(f"{len(name.encode(errors='surrogateescape'))} {size} ".encode())
        found.update(name.encode(errors="surrogateescape") + (content or b""))
    return found.hexdigest()


def edits(before: Files, after: Files) -> tuple[FileEdit, ...]:
    """From one to the other, by name."""
    return tuple(
        FileEdit(file=shown_name(name), before=_text(before.get(name)), after=_text(content))
        for name, content in sorted(after.items())
    )


def refused(remembered: Files | None, now: Files, wanted: Files) -> FileChanged:
    """The refusal of a change whose files are others by now, with how they differ from those that were shown.

    Where nobody knows those any more, the difference is what the change would make of the present ones.
    """
    if remembered is None:
        difference = "".join(edit.difference for edit in edits(now, wanted))
        names = sorted({*now, *wanted})
        said = "may have been changed since they were shown; look at what would be changed now"
    else:
        changed = {name: now.get(name) for name in {*remembered, *now} if remembered.get(name) != now.get(name)}
        difference = "".join(edit.difference for edit in edits(remembered, changed))
        names = sorted(changed)
        said = "changed by somebody else since; look at it again"
    return FileChanged(f"{', '.join(map(shown_name, names))}: {said} (nothing was changed)", difference)


def shown_name(name: str) -> str:
    """A file's name as it can be shown and sent, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")
