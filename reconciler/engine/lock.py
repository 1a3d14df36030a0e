"""The lock of an engine and environment: one loop at a time, and it dies with its process.

Before: cli (run, apply --once, down). After: nothing. It doesn't depend on the state directory, which may be
lost. On Linux it is a listening socket in the abstract namespace (unix(7)): the kernel frees the name with
the process, however that ends, and tells the asker the holder's pid (SO_PEERCRED). Loops in different network
namespaces don't see each other's; the container names still keep them from making two of a number. Elsewhere
a file is locked.
"""

import errno
import fcntl
import hashlib
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from reconciler.errors import LockHeld

_POLL_SECONDS = 0.2
_ASK_MICROSECONDS = 500_000
_LONGEST = 100  # bytes; the kernel takes 107
_TIMEVAL = struct.Struct("ll")
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class Lock:
    """Held from `acquire` until `release`, or the end of the process."""

    def __init__(self, name: str, held: "socket.socket | int") -> None:
        self.name = name
        self._held: socket.socket | int | None = held
        self._doorman: Thread | None = None
        if isinstance(held, socket.socket):
            # Whoever asks for our pid only connects; taking the connections keeps the queue from filling up.
            self._doorman = Thread(target=_take_visitors, args=(held,), name="lock", daemon=True)
            self._doorman.start()

    def release(self) -> None:
        """Let the next one have it; done where it is released already."""
        held, self._held = self._held, None
        if isinstance(held, socket.socket):
            held.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for visitors
            if self._doorman is not None:
                self._doorman.join()  # the kernel keeps the name while that thread is still inside accept
            held.close()
        elif held is not None:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(engine_id: str, env: str, wait: Event | None = None) -> Lock:
    """Take the lock. Raises LockHeld where another process has it.

    With `wait`, stand by until it is free, or until `wait` is set (then LockHeld, too).
    """
    name = _name(engine_id, env)
    while True:
        held = _bind(name) if sys.platform == "linux" else _lock_file(name)
        if held is not None:
            return Lock(name, held)
        if wait is None or wait.wait(_POLL_SECONDS):
            raise LockHeld(_message(env, holder(engine_id, env)))


def holder(engine_id: str, env: str) -> int | None:
    """The pid of the process that has the lock; None where nobody has it, or the pid can't be known."""
    name = _name(engine_id, env)
    if sys.platform != "linux":
        return _pid_in_file(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        # Not settimeout: with a non-blocking socket a full queue is an error instead of a wait.
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL.pack(0, _ASK_MICROSECONDS))
        try:
            asking.connect(f"\0{name}")
            credentials = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    pid: int = _CREDENTIALS.unpack(credentials)[0]
    return pid or None


def _message(env: str, pid: int | None) -> str:
    who = f"process {pid}" if pid else "another process"
    return (
        f"environment {env} of this engine is run by {who} already; stop that one "
        f"(`reconciler stop --env {env}`), stand by (`run --standby`), or choose another --env"
    )


def _name(engine_id: str, env: str) -> str:
    name = f"reconciler/{engine_id}/{env}"
    return name if len(name.encode()) <= _LONGEST else f"reconciler/{hashlib.sha256(name.encode()).hexdigest()}"


def _bind(name: str) -> socket.socket | None:
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        held.bind(f"\0{name}")
        held.listen()
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return held


def _take_visitors(held: socket.socket) -> None:
    while True:
        try:
            visitor, _ = held.accept()
        except OSError:
            return  # released
        visitor.close()


def _path(name: str) -> Path:
    return Path(tempfile.gettempdir()) / (name.replace("/", "-").replace(":", "") + ".lock")


def _lock_file(name: str) -> int | None:
    file = os.open(_path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return file


def _pid_in_file(name: str) -> int | None:
    try:
        text = _path(name).read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
