"""Disk space taken in the victim's own files: the fault `fill`.

Before: program. After: a file without a name, which the kernel takes away with the helper, however that ends.
"""

import errno
import os
from pathlib import Path
from typing import NamedTuple

from fault_helper.fault import Fault, Message
from fault_helper.settings import Settings, Unusable, number

ROOT = Path("/proc/1/root")
_MEBIBYTE = 2**20
KEEP_BYTES = 512 * _MEBIBYTE
_MOST_BYTES = 1e15
_NO_NAMELESS = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


class Space(NamedTuple):
    """What there is to take, and where: `keep_bytes` stay free on the disk, which others use too."""

    directory: Path
    bytes: int
    keep_bytes: int


def make(settings: Settings) -> Fault:
    """`path`: a directory of the victim, default /tmp; `bytes` to take at most; `keep_bytes` to leave free."""
    path = settings.own.get("path", "/tmp")  # noqa: S108  # the victim's, and nothing with a name is put there
    if not isinstance(path, str) or not path.startswith("/") or ".." in path.split("/"):
        raise Unusable(f"path {path!r} is no absolute path of a directory")
    keep = number(settings.own.get("keep_bytes", KEEP_BYTES), "keep_bytes", 0, _MOST_BYTES)
    wanted = number(settings.own.get("bytes"), "bytes", 1, _MOST_BYTES)
    return Fill(Space(ROOT / path.lstrip("/"), int(wanted), int(keep)))


class Fill(Fault):
    """One nameless file."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._file: int | None = None

    def bite(self) -> Message:
        """Says how much is taken, and what was free before and after."""
        directory = self._space.directory
        _insist_on_directory(directory)
        before = free_bytes(directory)
        size = min(self._space.bytes, before - self._space.keep_bytes)
        if size <= 0:
            keep = self._space.keep_bytes // _MEBIBYTE
            raise Unusable(f"only {before // _MEBIBYTE} MiB are free there, and {keep} MiB have to stay so")
        self._file = nameless(directory)
        os.posix_fallocate(self._file, 0, size)
        after = free_bytes(directory)
        if before - after < size // 2:
            raise Unusable(f"{size} bytes were written, and as much is free as before")
        return {"bytes": size, "free_before": before, "free_after": after}

    def heal(self) -> None:
        """Closing it frees the space."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _insist_on_directory(directory: Path) -> None:
    """A link would be followed among the helper's own files."""
    below_root = [directory, *directory.parents][: len(directory.parts) - len(ROOT.parts)]
    if any(one.is_symlink() for one in below_root) or not directory.is_dir():
        raise Unusable(f"{'/' + str(directory.relative_to(ROOT))} is no directory there (links aren't followed)")


def free_bytes(directory: Path) -> int:
    """What an ordinary user may still take there."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def nameless(directory: Path) -> int:
    """An open file that nothing leads to; where the file system can't make one, it has a name for a moment."""
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NO_NAMELESS:
            raise
    named = directory / f".fault-{os.getpid()}"
    made = os.open(named, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    named.unlink()
    return made
