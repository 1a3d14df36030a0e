"""The token that opens the API and the console: a private file, made when it is first needed.

Before: whoever starts the server; `reconciler console`. After: door (the API), the console's sign-in. Whoever can read
the file may do everything, so one that others may read is refused. Never here: a token in a log or a message.
"""

import errno
import os
import secrets
import stat
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from threading import Lock

from reconciler.errors import ReconcilerError, UsageError

MODE = 0o600
LENGTH_BYTES = 32
LEAST_CHARACTERS = 16
LONGEST_BYTES = 1024
WRONG_A_MINUTE = 10
MINUTE_SECONDS = 60.0

_Stamp = tuple[int, int, int]


class TokenFile:
    """The token at `path`, read anew when the file is another one: a renewed token counts at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[_Stamp, str] | None = None

    def value(self) -> str:
        """The token. Raises UsageError where others may read it, ReconcilerError where it can't be had."""
        try:
            found = self._read()
        except FileNotFoundError:
            return _read(self.path)[1] if _make(self.path, replace=False) else self.value()
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise UsageError(f"{self.path} is a link: delete it, a new token is made then") from error
            raise ReconcilerError(f"{self.path}: the token can't be read: {error.strerror}") from error
        return found

    def matches(self, given: str) -> bool:
        """Whether it is this one; takes as long for any other."""
        return compare_digest(self.value().encode(), given.encode("utf-8", "surrogateescape"))

    def _read(self) -> str:
        stamp = _stamp(self.path.lstat())
        if self._known is None or self._known[0] != stamp:
            self._known = _read(self.path)
        return self._known[1]


def renew(path: Path) -> str:
    """Put a new token in the place of the one there is; consoles and scripts have to sign in again."""
    _make(path, replace=True)
    return _read(path)[1]


@dataclass(slots=True)
class Attempts:
    """Wrong tokens of the last minute, from anywhere. The right one is never refused: nobody can lock its owner out."""

    _at: deque[float] = field(default_factory=lambda: deque(maxlen=WRONG_A_MINUTE))
    _lock: Lock = field(default_factory=Lock)

    def refuse_for(self, now: float) -> float | None:
        """Count a wrong token at `now` (monotonic seconds); how long to wait where there were too many, else None."""
        with self._lock:
            if len(self._at) == WRONG_A_MINUTE and (left := self._at[0] + MINUTE_SECONDS - now) > 0:
                return left
            self._at.append(now)
            return None


def _make(path: Path, *, replace: bool) -> bool:
    """False where somebody else was quicker. The file is whole from its first moment on."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE), "w") as file:
            file.write(f"{secrets.token_urlsafe(LENGTH_BYTES)}\n")
        if replace:
            draft.replace(path)
            return True
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise ReconcilerError(f"{path}: the token can't be written: {error.strerror}") from error
    else:
        return True
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _read(path: Path) -> tuple[_Stamp, str]:
    """Checked on the open file, so that nothing can be put in its place in between."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise UsageError(f"{path} isn't our own file: move it away, a new token is made then")
        if found.st_mode & 0o077:
            raise UsageError(f"{path} may be read by others: delete it, a new token is made then")
        text = os.read(descriptor, LONGEST_BYTES).decode("utf-8", "replace").strip()
    finally:
        os.close(descriptor)
    if len(text) < LEAST_CHARACTERS:
        raise UsageError(f"{path} holds no token of ours: delete it, a new one is made then")
    return _stamp(found), text


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns
