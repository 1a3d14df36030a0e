"""What the engine says while it builds: the step it is at, that step's last lines, everything in a file.

Before: build_one, which passes the engine's messages on. After: a display, and the message of a failure. Never here:
the engine itself.
"""

import os
import re
import tempfile
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from reconciler.setup.findings import SetupError
from reconciler.setup.progress import Line

KEPT_LINES = 15
_STEP = re.compile(r"Step (\d+/\d+) : (.*)")
# What the engine says of its own doings between two steps.
_OWN = re.compile(r" ---> |Removing intermediate container |Successfully (built|tagged) ")
_CODE = re.compile(r"^The command .* returned a non-zero code: (\d+)$", re.DOTALL)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\x00-\x08\x0b-\x1f\x7f]")


class BuildFailed(SetupError):
    """A step of a build failed: the message names it, with its last lines."""


class Output:
    """One build's output as it comes; `log` gets all of it."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._begun = ""
        self.step, self.instruction = "", ""  # `step 4/9`, and the Dockerfile's words for it
        self.last: deque[str] = deque(maxlen=KEPT_LINES)

    def follow(self, messages: Iterable[Any], said: Line) -> None:
        """Read to the end; `said` gets each step. Raises BuildFailed for an error inside an answer of 200."""
        for message in messages:
            if "error" in message:
                self._finish()
                self._log.write(f"{message['error']}\n")
                raise BuildFailed(self._failure(str(message["error"])))
            self._take_text(str(message.get("stream") or _status(message)), said)
        self._finish()

    def _finish(self) -> None:
        if self._begun:
            self._take(self._begun)

    def _take_text(self, text: str, said: Line) -> None:
        # A message is a piece of output, not a line.
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            step = _STEP.match(line)
            if step:
                self.step, self.instruction = f"step {step[1]}", " ".join(step[2].split())
                self.last.clear()
                said(f"{self.step} {self.instruction}")
            self._take(line)

    def _take(self, line: str) -> None:
        self._log.write(f"{line}\n")
        self._log.flush()
        shown = _ESCAPES.sub("", line.rpartition("\r")[2] or line.rstrip("\r")).rstrip()
        if shown and not _STEP.match(shown) and not _OWN.match(shown):
            self.last.append(shown)

    def _failure(self, error: str) -> str:
        code = _CODE.search(error)  # the rest of this sentence only repeats the instruction
        lines = [*self.last, *([f"(exit code {code[1]})"] if code else error.strip().splitlines())]
        tail = "".join(f"\n    {line}" for line in lines)
        where = f"{self.step} failed: {self.instruction}" if self.step else "it failed before its first step"
        return f"{where}\n  its last lines:{tail}{_advice(error)}"


def _status(message: dict[str, Any]) -> str:
    """Of a pull only what is said once: bars that move are nothing for a file."""
    return "" if message.get("progress") or not message.get("status") else f"{message['status']}\n"


def _advice(error: str) -> str:
    if "no space left" in error.lower():
        return "\n  The engine's disk is full: `docker system df` shows its users, `docker system prune` makes room."
    return ""


def log_directory() -> Path:
    """Where failed builds leave their whole output: the XDG cache, else the system's temporary directory."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    directory = Path(home) / "reconciler" / "builds"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="reconciler-builds-"))
    return directory
