"""Putting files into the watched directory: all of them or none, and never half of one.

Before: workshop, apply, new. After: the loop's scan, which takes the same lock. Each file is written beside its place
under a name that is no spec's, flushed to the disk and renamed; whatever fails, what was there comes back.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.changes.dirlock import directory_lock
from reconciler.errors import ReconcilerError

_ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One file: where it goes, its new content's file (None: it is removed), the old one's (None: there
    was none).
    """

    target: Path
    staged: Path | None
    backup: Path | None


def place(directory: Path, files: Mapping[str, bytes | None]) -> None:
    """Write these files (None removes one) under the directory's lock. Raises ReconcilerError, nothing
    changed.
    """
    with locked(directory):
        place_locked(directory, files)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """The directory's lock, with errors for people."""
    try:
        with directory_lock(directory):
            yield
    except FileNotFoundError as error:
        raise ReconcilerError(f"{directory} is no directory: make it, or name another with --specs") from error
    except OSError as error:
        raise ReconcilerError(f"{directory} can't be changed: {error.strerror or error}") from error


def place_locked(directory: Path, files: Mapping[str, bytes | None], insist: Callable[[], None] = lambda: None) -> None:
    """The same for a caller that holds the lock. `insist` is called when all is written and nothing is in its place
    yet: what it raises ends it, with nothing changed.
    """
    steps: list[_Step] = []
    done: list[_Step] = []
    try:
        for name, content in files.items():
            target = place_of(directory, name, content)
            if content is None or not _same(target, content):
                insist_on_writable(target)
                steps.append(_prepare(target, content))
        insist()
        for step in steps:
            done.append(step)
            _carry_out(step)
        _flush_directories({step.target.parent for step in steps})
    except OSError as error:
        for step in reversed(done):
            _undo(step)
        reason = error.strerror or str(error)
        raise ReconcilerError(f"{directory}: {reason}; nothing was changed") from error
    finally:
        for step in steps:
            for leftover in (step.staged, step.backup):
                if leftover is not None:
                    leftover.unlink(missing_ok=True)


def place_of(directory: Path, name: str, content: bytes | None) -> Path:
    """What is replaced, or removed: of a link that goes, the link itself: its goal may be another one's file."""
    return directory / name if content is None else real_place(directory, name)


def real_place(directory: Path, name: str) -> Path:
    """The file behind a link within the directory, so that the link stays one. Raises ReconcilerError
    outside it.
    """
    path = directory / name
    if not path.is_symlink():
        return path
    real = path.resolve()
    if not real.is_relative_to(directory.resolve()):
        raise ReconcilerError(f"{path} is a link that leads out of the directory, to {real}: change it there")
    return real


def insist_on_writable(file: Path) -> None:
    """Raises ReconcilerError for a file, or one in a directory, that says it is not to be written, to root, too."""
    for place, what in ((file, "file"), (file.parent, "directory")):
        if place is file and (file.is_symlink() or not file.exists()):  # a link itself says nothing of this
            continue
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            why, way = "is on a read-only file system", "mount it writable"
        elif not stat.S_IMODE(place.stat().st_mode) & _ANYBODY_WRITES:
            why, way = "is read-only", f"make it writable (`chmod u+w {place}`)"
        elif not os.access(place, os.W_OK):
            why, way = "may not be written by this user", f"do it as the {what}'s owner"
        else:
            continue
        raise ReconcilerError(
            f"{place} {why}: {way}, or change the spec where this {what} comes from (nothing was changed)"
        )


def _same(target: Path, content: bytes) -> bool:
    try:
        return target.read_bytes() == content
    except FileNotFoundError:
        return False


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.{what}")


def _prepare(target: Path, content: bytes | None) -> _Step:
    staged = _stage(target, content)
    try:
        return _Step(target=target, staged=staged, backup=_backup(target))
    except OSError:
        if staged is not None:
            staged.unlink(missing_ok=True)
        raise


def _stage(target: Path, content: bytes | None) -> Path | None:
    if content is None:
        return None
    staged = _beside(target, "new")
    try:
        with staged.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, staged)
            _keep_owner(target, staged)
    except OSError:
        staged.unlink(missing_ok=True)
        raise
    return staged


def _keep_owner(target: Path, staged: Path) -> None:
    """What root writes for somebody stays theirs; where only root could give it away, it becomes the writer's."""
    there = target.stat()
    with suppress(PermissionError):
        os.chown(staged, there.st_uid, there.st_gid)


def _backup(target: Path) -> Path | None:
    """A second name for the old content (or the link): putting it back needs no room on the disk."""
    if not os.path.lexists(target):
        return None
    backup = _beside(target, "old")
    try:
        os.link(target, backup, follow_symlinks=False)
    except OSError:
        shutil.copy2(target, backup, follow_symlinks=False)  # a file system without hard links
    return backup


def _carry_out(step: _Step) -> None:
    if step.staged is None:
        step.target.unlink(missing_ok=True)
    else:
        step.staged.replace(step.target)


def _undo(step: _Step) -> None:
    if step.backup is not None:
        step.backup.replace(step.target)
    elif step.staged is not None and not step.staged.exists():
        step.target.unlink(missing_ok=True)


def _flush_directories(directories: set[Path]) -> None:
    for directory in directories:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
