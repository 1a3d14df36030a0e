"""Wishes become edits of the watched directory: worked out, or carried out, each under the directory's lock.

Before: the command line, the API's and the console's service. After: texts and gathering (what the files become),
placing (the files). Where a file may not be written, or is another one than was shown, nothing is changed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.changes import texts
from reconciler.changes.draft import Draft, Files, digest, refused, shown_name
from reconciler.changes.gathering import gather
from reconciler.changes.memory import Remembered
from reconciler.changes.placing import insist_on_writable, locked, place_locked, place_of
from reconciler.changes.sources import given, insist_on_name, read_sources
from reconciler.changes.spec_text import SpecText, files_of, single, understood
from reconciler.changes.wishes import Apply, Delete, Wish, Write
from reconciler.changes.words import listed, says
from reconciler.errors import FileChanged, ReconcilerError, SpecError, UsageError
from reconciler.spec.directory import cluster_of, listing
from reconciler.spec.policy import Policy
from reconciler.spec.read import read_spec

Announce = Callable[[str], None]
"""Told each cluster that is deleted by name, before its file goes."""


class Workshop:
    """One watched directory; any thread may come. `known` is what wishes may have to know of the loop."""

    def __init__(self, directory: Path, policy: Policy, known: texts.Known) -> None:
        self.directory = directory
        self.policy = policy
        self._known = known
        self._remembered = Remembered()

    def spec(self, name: str) -> tuple[str, str, str]:
        """A cluster's file, its text, and what stands for it. Raises ReconcilerError where there is none, or two."""
        with locked(self.directory):
            file = single(self.directory, name)
            read = {file: self._read(file)}
        return file, (read[file] or b"").decode("utf-8", "replace"), self._remembered.keep(read)

    def draft(self, wish: Wish, base: str | None = None) -> Draft:
        """What would come of it; nothing is changed. Raises FileChanged where the files aren't those of `base`."""
        with locked(self.directory):
            return self._draft(wish, base)

    def carry_out(self, wish: Wish, base: str | None = None, announce: Announce = lambda _: None) -> Draft:
        """Change the files. Raises FileChanged as `draft` does, ReconcilerError where they may not be written."""
        with locked(self.directory):
            draft = self._draft(wish, base)
            for file, content in draft.files.items():
                if content != draft.read.get(file):
                    insist_on_writable(place_of(self.directory, file, content))

            def last() -> None:
                """Editors don't take the lock: what one has saved since the file was read is not lost."""
                self._insist_on_same(draft)
                for name in wish.names if isinstance(wish, Delete) else ():
                    announce(name)

            place_locked(self.directory, draft.files, last)
        return draft

    def changed_since(self, files: Files) -> tuple[str, ...]:
        """Which of these files are others by now; none where the directory is away, which says nothing of them."""
        if not self.directory.is_dir():
            return ()
        return tuple(sorted(shown_name(file) for file, content in files.items() if self._glance(file) != content))

    def _draft(self, wish: Wish, base: str | None) -> Draft:
        """Whatever is wrong with files that aren't those of `base` any more, that they were changed is said first."""
        read = self._present(wish)
        if base is None or digest(read) == base:
            draft = self._made(wish, read)
            shown = self._remembered.shown(base, wish) if base is not None else ""
            if shown not in ("", draft.revision):
                raise ReconcilerError(_another(shown, draft))
            self._remembered.show(self._remembered.keep(draft.read), wish, draft.revision)
            return draft
        remembered = self._remembered.find(base)
        wanted = {} if remembered is not None else self._made(wish, read).files
        self._remembered.keep(read)
        raise refused(remembered, read, wanted)

    def _insist_on_same(self, draft: Draft) -> None:
        now = {file: self._glance(file) for file in draft.read}
        if now != draft.read:
            raise refused(draft.read, now, draft.files)

    def _present(self, wish: Wish) -> Files:
        """What there is of all that the wish depends on."""
        found = listing(entry.name for entry in self.directory.iterdir())
        if isinstance(wish, Delete):
            return {file: self._glance(file) for name in wish.names for file in files_of(self.directory, name)}
        if isinstance(wish, Write | Apply):
            targets = {found.files.get(cluster_of(name), name) for name in _texts(wish)}
            if isinstance(wish, Apply) and wish.prune:
                targets |= {*found.files.values(), *(file for files in found.doubled.values() for file in files)}
            return {file: self._glance(file) for file in targets}
        files = found.doubled.get(wish.name) or tuple(filter(None, [found.files.get(wish.name)]))
        return {file: self._read(file) for file in files}

    def _read(self, file: str) -> bytes | None:
        read = read_spec(self.directory / file)
        return None if read is None else read.data

    def _glance(self, file: str) -> bytes | None:
        """The same of a file that may be no good: it is replaced or removed whole."""
        try:
            return self._read(file)
        except SpecError:
            return b""

    def _made(self, wish: Wish, read: Files) -> Draft:
        if isinstance(wish, Delete):
            return self._deleted(wish, read)
        if isinstance(wish, Write | Apply):
            return self._gathered(wish, read)
        file = single(self.directory, wish.name)
        content = read.get(file)
        if content is None:
            raise ReconcilerError(f"{self.directory / file} went away just now; try again")
        before = understood(self.directory / file, content, self.policy)
        made = texts.make(wish, before, self._known)
        after = understood(self.directory / file, made.text.encode("utf-8", "surrogatepass"), self.policy)
        return Draft(
            says=says(wish, made.revision), clusters=(wish.name,), read=read, files={file: after.text.encode()},
            revision=made.revision, remarks=tuple(_remarks(before, after)),
        )  # fmt: skip

    def _deleted(self, wish: Delete, read: Files) -> Draft:
        if not wish.names:
            raise UsageError("name the clusters to delete")
        names = tuple(dict.fromkeys(wish.names))
        files: Files = dict.fromkeys(read)
        return Draft(says=says(wish), clusters=names, read=read, files=files, removed=names, named=True)

    def _gathered(self, wish: Write | Apply, read: Files) -> Draft:
        given_texts = _texts(wish)
        if not given_texts:
            raise UsageError("no spec files to apply")
        found = listing(entry.name for entry in self.directory.iterdir())
        for name in given_texts:
            if cluster_of(name) in found.doubled:
                single(self.directory, cluster_of(name))
            target = found.files.get(cluster_of(name), name)
            given_texts[name] = _ends_as(given_texts[name], read.get(target))
        sources = given(given_texts, self.policy)
        present = read_sources([self.directory], self.policy)
        gathered = gather(sources, present, prune=isinstance(wish, Apply) and wish.prune)
        if came := sorted(shown_name(name) for name in gathered.files.keys() - read.keys()):
            raise FileChanged(f"{listed(came)}: written just now; look at it again (nothing was changed)", "")
        return Draft(
            says=says(wish), clusters=(*gathered.applied, *gathered.removed), read=read, files=gathered.files,
            removed=gathered.removed,
        )  # fmt: skip


def _texts(wish: Write | Apply) -> dict[str, bytes]:
    """Before any of these names is looked at. Raises UsageError for one that leads elsewhere."""
    texts: Mapping[str, str] = {wish.file: wish.text} if isinstance(wish, Write) else wish.files
    for name in texts:
        insist_on_name(name)
    return {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}


def _ends_as(text: bytes, present: bytes | None) -> bytes:
    """With the line ends of the present file: a form sends its own, and a difference of every line says nothing."""
    if present and b"\r\n" in present and b"\r\n" not in text:
        return text.replace(b"\n", b"\r\n")
    return text


def _another(shown: str, draft: Draft) -> str:
    """A tag that means another image by now, say: the file is as it was, and it is about another revision."""
    return f"{shown} was shown, and by now it would be: {draft.says}; look at it again (nothing was changed)"


def _remarks(before: SpecText, after: SpecText) -> list[str]:
    """What a person may not expect of the change."""
    name, limits, said = after.spec.name, after.spec.autoscale, []
    if limits is not None and before.spec.size != after.spec.size:
        between = f"between {limits.min} and {limits.max}"
        said.append(f"{name} is scaled by itself: it starts anew with this size and goes on {between}")
    if after.spec.suspend and before.text != after.text and before.spec.suspend:
        said.append(f"{name} is suspended: nothing is done until `reconciler resume {name}`")
    elif after.spec.rollout.paused and before.spec.spec_hash() != after.spec.spec_hash():
        said.append(f"{name} is paused: nothing is begun until `reconciler rollout resume {name}`")
    return said
