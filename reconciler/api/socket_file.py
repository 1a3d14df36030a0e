"""The unix socket's place in the file system: made private, never stolen from a living loop, found again.

Before: server (claims it), client (connects to it). After: the kernel. A socket's path may be longer than the
107 bytes that an address holds (unix(7)): then the directory is opened and addressed through /proc/self/fd.
"""

import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import LockHeld, UsageError

FILE_NAME = "api.sock"
LONGEST_ADDRESS = 107
BACKLOG = 64
PROBE_SECONDS = 1.0


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """The path as a socket address, whatever its length. Raises OSError where the directory isn't there."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def connect(path: Path, timeout_seconds: float) -> socket.socket:
    """A connection to whoever listens there. Raises OSError where nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with address_of(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def claim(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600 in a directory of 0700; a stale socket file is replaced.

    Raises LockHeld where somebody listens there already, UsageError where the directory is others' too or the
    path is something else than a socket, OSError where the disk doesn't let us.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _private(path.parent)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux gives the file the mode of the socket: there is no moment when others could connect.
        os.fchmod(listener.fileno(), 0o600)
        with _alone(path), address_of(path) as address:
            _clear(path)
            listener.bind(address)
            path.chmod(0o600)
            listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at `path`, None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One claimer at a time: between looking and listening, another one would take ours for stale."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise LockHeld(f"another loop is starting at {path}") from error
    finally:
        os.close(lock)


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise UsageError(f"{path} is no socket: move it away, or choose another --state directory")
    try:
        connect(path, PROBE_SECONDS).close()
    except ConnectionRefusedError:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        # A full backlog or no permission: somebody is there.
        raise LockHeld(f"another loop holds {path}: {error.strerror}") from error
    else:
        raise LockHeld(f"another loop answers on {path}; stop it with `reconciler stop`")


def _private(directory: Path) -> None:
    """Tighten our own directory to 0700; refuse one that is shared on purpose (/tmp) or isn't ours."""
    found = directory.stat()
    if found.st_mode & stat.S_ISVTX or (os.geteuid() not in (0, found.st_uid) and found.st_uid):
        raise UsageError(f"the state directory {directory} belongs to others too: choose one of your own with --state")
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        directory.chmod(0o700)
