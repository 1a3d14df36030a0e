"""The lock of a spec directory: who places several files and who scans takes it, so that no scan sees half.

The lock is `flock` on the directory itself (flock(2) works on any descriptor): no lock file appears among
the specs, and it dies with the process. Editors don't take it; their single saves need none.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import ReconcilerError

_UNSUPPORTED = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF})
_POLL_SECONDS = 0.02


class DirectoryBusy(ReconcilerError):
    """Somebody else has held the directory's lock for longer than the caller waits."""


@contextmanager
def directory_lock(directory: Path, *, wait_seconds: float = 10.0, shared: bool = False) -> Iterator[None]:
    """Hold the directory's lock; `shared` for those who only read.

    Raises DirectoryBusy after `wait_seconds`, OSError where the directory can't be opened.
    On a file system without flock the block runs unlocked: its writers still replace whole files.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _acquire(descriptor, directory, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, wait_seconds)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, directory: Path, mode: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return
            if error.errno != errno.EWOULDBLOCK:
                raise
        if time.monotonic() >= deadline:
            raise DirectoryBusy(
                f"{directory} is being changed by another process for more than {wait_seconds:g} s; try again"
            )
        time.sleep(_POLL_SECONDS)
