"""Running the system's programs (apt-get, debootstrap): argument lists, a time limit, the last lines kept.

Before: findings. After: apt, daemon, base_image. Never here: a shell.
"""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from threading import Event, Timer

from reconciler.setup.findings import SetupError
from reconciler.setup.progress import Line

_KEPT_LINES = 15


def run(
    command: Sequence[str],
    *,
    timeout_seconds: float,
    on_line: Line | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """The program's output (both streams, text) once it exited 0.

    Raises SetupError with the last lines otherwise, or when the program isn't there or takes longer than
    `timeout_seconds`.
    """
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    everything: list[str] = []
    try:
        # A session of its own, so that the time limit ends the children of apt-get and debootstrap too.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env} if env else None,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"`{command[0]}` could not be started: {error.strerror or error}") from error
    expired = Event()
    timer = Timer(timeout_seconds, _expire, (process, expired))
    timer.start()
    try:
        with process:
            for line in process.stdout or ():
                everything.append(line)
                last.append(line.rstrip())
                if on_line is not None:
                    on_line(line.rstrip())
            code = process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        timer.cancel()
    if code != 0:
        raise SetupError(_failure(command, code, timeout_seconds if expired.is_set() else None, last))
    return "".join(everything)


def _expire(process: "subprocess.Popen[str]", expired: Event) -> None:
    expired.set()
    _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _failure(command: Sequence[str], code: int, limit_seconds: float | None, last: Sequence[str]) -> str:
    what = f"exited with {code}" if limit_seconds is None else f"was not done within {limit_seconds:.0f} s"
    tail = "".join(f"\n    {line}" for line in last)
    return f"`{' '.join(command)}` {what}; its last lines:{tail}"
