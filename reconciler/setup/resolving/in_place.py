"""Changing a file that can't be replaced: /etc/resolv.conf of a container is a mount, and a rename onto it fails.

Before: ways (a function from bytes to bytes). After: the file, whole: as it was or as it should be.
One write puts everything in its place, under a lock that every command of ours takes; a copy of what was there lies
beside it until that is done. Never here: what belongs into the file.
"""

import errno
import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from reconciler.setup.findings import SetupError

Change = Callable[[bytes | None], bytes | None]  # None: no file

COPY_SUFFIX = ".before-reconciler"
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_MODE = 0o644  # every program of the host reads it


class NotAllowed(SetupError):
    """This user may not change it; nothing was changed."""


def edit(path: Path, change: Change) -> bool:
    """Make the file what `change` says (given what it holds at that moment); False where it is so already.

    Raises NotAllowed, or SetupError with the file as it was before (or, if even that failed, where its copy is).
    """
    real = Path(os.path.realpath(path))
    copy = real.with_name(real.name + COPY_SUFFIX)
    if copy.exists():
        raise SetupError(
            f"an earlier change of {path} was cut off: {copy} holds it as it was; put that back if {path} looks wrong "
            f"(`cat {copy} > {path}`), then remove the copy"
        )
    try:
        return _change(real, copy, change) if real.exists() else _make(real, change(None))
    except OSError as error:
        said = f"{path} can't be changed: {error.strerror or error}"
        raise (NotAllowed if error.errno in _FORBIDDEN else SetupError)(said) from error


def _change(path: Path, copy: Path, change: Change) -> bool:
    with path.open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = path.read_bytes()
        after = change(before)
        if after == before:
            return False
        if after is None:
            path.unlink()
            return True
        kept = _keep(copy, before)
        try:
            _put(file.fileno(), after)
        except OSError as error:
            _put_back(file.fileno(), before, copy, path, error)
            raise
        finally:
            if kept and path.read_bytes() in (before, after):
                copy.unlink()
    return True


def _make(path: Path, data: bytes | None) -> bool:
    """A file that isn't there is no mount: it appears whole."""
    if data is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), _MODE)
        Path(name).rename(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _keep(copy: Path, data: bytes) -> bool:
    """A copy on disk, for the case that this process or the machine ends half way.

    Where the directory isn't ours to write in, memory has to do; a full disk stops us before anything is changed.
    """
    try:
        with copy.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in _FORBIDDEN:
            return False
        copy.unlink(missing_ok=True)
        raise
    return True


def _put(handle: int, data: bytes) -> None:
    """All in one write, a shorter text with empty lines behind it: a reader in between sees no half line."""
    size = os.fstat(handle).st_size
    padded = data + b"\n" * (size - len(data))
    done = 0
    while done < len(padded):
        done += os.pwrite(handle, padded[done:], done)
    os.ftruncate(handle, len(data))
    os.fsync(handle)


def _put_back(handle: int, before: bytes, copy: Path, path: Path, reason: OSError) -> None:
    """What was there needs no new room on the disk, so that this works where the change failed for want of it."""
    try:
        _put(handle, before)
    except OSError as error:
        there = f"; {copy} holds it as it was" if copy.exists() else ""
        said = f"{path} could not be changed ({reason.strerror}) and not be put back ({error.strerror}){there}"
        raise SetupError(said) from error
