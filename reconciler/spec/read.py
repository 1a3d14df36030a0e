"""One spec file's bytes, read once from one descriptor, whatever the name in the directory turns out to be.

Before: directory (which names). After: parse (bytes). A FIFO never blocks, a device is never opened, a link
never leads out of the directory: what is read is what was checked, because the check is made on the open
descriptor.
"""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem, SpecError
from reconciler.spec.decode import LARGEST_BYTES
from reconciler.spec.parse import printable_file

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Two readings with equal identities read the same bytes. Times in nanoseconds of the file system's
    clock.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """What was read, and from what."""

    data: bytes
    identity: Identity


def read_spec(path: Path, *, directory: Path | None = None) -> FileBytes | None:
    """The file's bytes; None where no such name is (any more). Raises SpecError for everything that can't be
    read.

    `directory` (by default the file's own) is where the real path must lie; a link inside it may point at a
    regular file inside it.
    """
    home = directory if directory is not None else path.parent
    try:
        real = os.path.realpath(path, strict=True)
        if not _inside(real, os.path.realpath(home, strict=True)):
            raise _refused(path, f"not a regular file of this directory: it leads to {printable_file(real)}", _COPY)
        return _read(path, real)
    except FileNotFoundError:
        if path.is_symlink():
            raise _refused(
                path, "a symbolic link that leads nowhere", "restore its target or remove the link"
            ) from None
        return None
    except OSError as error:
        raise _refused(path, f"can't be read: {_reason(error)}", "check the file and its permissions") from error


_COPY = "copy the file into the directory"


def _read(path: Path, real: str) -> FileBytes:
    _insist_on_regular(path, os.lstat(real))
    descriptor = os.open(real, _FLAGS)
    try:
        before = os.fstat(descriptor)
        _insist_on_regular(path, before)
        _insist_on_place(path, real, descriptor)
        data = _all(descriptor)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST_BYTES:
        size = max(after.st_size, len(data))
        raise _refused(path, f"{size} bytes; the limit is 64 KiB", "a spec describes one cluster: split it")
    if _identity(before) != _identity(after) or after.st_size != len(data):
        raise _refused(path, "it was being written while it was read", "finish writing; it is read again then")
    return FileBytes(data=data, identity=_identity(after))


def _all(descriptor: int) -> bytes:
    """At most one byte more than the limit: enough to know that it is exceeded."""
    parts, left = [], LARGEST_BYTES + 1
    while left:
        part = os.read(descriptor, left)
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _insist_on_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), "something else")
    raise _refused(path, f"not a regular file but {kind}", "a spec is a regular file; move this away")


def _insist_on_place(path: Path, real: str, descriptor: int) -> None:
    """A directory on the way may have been exchanged for a link since; the kernel knows where the descriptor
    is.
    """
    try:
        opened = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return  # no /proc here: the checks before must do
    if opened.removesuffix(" (deleted)") != real:
        raise _refused(path, "its directories changed while it was opened", "it is read again at the next change")


def _inside(real: str, home: str) -> bool:
    return os.path.commonpath((real, home)) == home and real != home


def _identity(found: os.stat_result) -> Identity:
    return Identity(
        device=found.st_dev,
        inode=found.st_ino,
        size=found.st_size,
        modified_ns=found.st_mtime_ns,
        changed_ns=found.st_ctime_ns,
    )


def _reason(error: OSError) -> str:
    return "its links go in a circle" if error.errno == errno.ELOOP else (error.strerror or str(error)).lower()


def _refused(path: Path, problem: str, fix: str) -> SpecError:
    shown = printable_file(str(path))
    return SpecError((Problem(file=shown, line=1, column=1, path="", problem=problem, fix=fix),))
