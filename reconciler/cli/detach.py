"""A loop in the background, for machines without a service manager.

Before: run --detach. After: wiring, in a process with a session of its own whose output goes to the log file.
The caller learns whether it came up: either its API answers, or its error is printed here.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.cli import session
from reconciler.cli.failures import explain
from reconciler.errors import LockHeld, ReconcilerError
from reconciler.loop.settings import Settings

READY_SECONDS = 30.0
_POLL_SECONDS = 0.05
_MOST_ERROR_BYTES = 8192
_PRIVATE = 0o600


def start_detached(settings: Settings, loop: Callable[[Settings], int] | None = None) -> int:
    """Start the loop; returns its process id once it answers. Raises ReconcilerError with its own words if
    it ends.

    A standby doesn't answer before it takes over: for it, being alive and waiting is enough.
    """
    if session.running(settings) is not None and not settings.standby:
        raise LockHeld(f"a loop of environment {settings.env} runs already; `reconciler stop` ends it")
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    begin = settings.log_file.stat().st_size if settings.log_file.exists() else 0
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _second_fork(settings, writing, loop or _the_loop)
    os.close(writing)
    os.waitpid(child, 0)
    pid = int(os.read(reading, 32) or b"0")
    try:
        _await(settings, pid, reading, begin)
    finally:
        os.close(reading)
    return pid


def _the_loop(settings: Settings) -> int:
    from reconciler.cli.wiring import run_loop

    run_loop(settings)
    return 0


def _second_fork(settings: Settings, writing: int, loop: Callable[[Settings], int]) -> None:
    """In the first child: a new session, then a grandchild that nobody but init has to collect."""
    code = 1
    try:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, str(os.getpid()).encode())
            code = _child(settings, loop)
        else:
            code = 0
    finally:
        # Never back into the caller's code: its exit handlers and buffers belong to the caller.
        os._exit(code)


def _child(settings: Settings, loop: Callable[[Settings], int]) -> int:
    _streams(settings.log_file)
    os.chdir("/")
    try:
        code = loop(settings)
    except Exception as error:  # noqa: BLE001  # the log is the only place left to say it
        return explain(error, sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _streams(log_file: Path) -> None:
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _PRIVATE)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    # Whatever wrapped the old streams (a test, a pipe) isn't the child's business.
    sys.stdout = os.fdopen(1, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)


def _await(settings: Settings, pid: int, reading: int, begin: int) -> None:
    """Until it answers; the pipe's end tells that it ended, since only the loop's process holds the other
    side.
    """
    os.set_blocking(reading, False)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _ended(reading):
            said = _log_since(settings.log_file, begin)
            raise ReconcilerError(f"the loop ended at once:\n{said}" if said else "the loop ended at once")
        found = session.running(settings)
        if found is not None and (settings.standby or found.info().get("pid") == str(pid)):
            return
        if settings.standby and found is None and time.monotonic() > deadline - READY_SECONDS + 1:
            return
        time.sleep(_POLL_SECONDS)
    raise ReconcilerError(
        f"the loop (pid {pid}) does not answer after {READY_SECONDS:g} s; its log is {settings.log_file}"
    )


def _ended(reading: int) -> bool:
    try:
        return os.read(reading, 1) == b""
    except BlockingIOError:
        return False


def _log_since(log_file: Path, begin: int) -> str:
    with log_file.open("rb") as file:
        file.seek(begin)
        return file.read(_MOST_ERROR_BYTES).decode(errors="replace").strip().removeprefix("Error: ")
