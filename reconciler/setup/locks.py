"""What only one process of a user does at a time: a repair, the build of one image.

Before: nothing. After: report, build_one. Never here: what is done meanwhile. A lock ends with its process, however
that ends.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(name: str, waits: Callable[[], None]) -> Iterator[None]:
    """Hold the lock `name` (letters, digits, `-`); `waits` is called before waiting for somebody else's end."""
    directory = Path("/run/lock") if os.access("/run/lock", os.W_OK) else Path("/tmp")  # noqa: S108  # only a lock, no content
    with (directory / f"reconciler-{name}-{os.getuid()}.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
