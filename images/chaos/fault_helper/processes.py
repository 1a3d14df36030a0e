"""The processes that the helper sees, which are the victim's: read from /proc, nothing done to them.

Before: freeze. After: /proc (proc(5)). Processes come and go while one reads: what is gone is left out.
"""

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
STOPPED = "T"
_OVER = frozenset("ZXx")
_HELPER = b"/opt/chaos\0"
_ENTERING = "runc:"
"""The engine's own program on its way in, for a command to be run there: stopped, it would hold the engine up."""


class Process(NamedTuple):
    """`state` is the kernel's letter: R runs, S sleeps, T is stopped."""

    pid: int
    name: str
    state: str


def others(own_pid: int, proc: Path = PROC) -> list[Process]:
    """All but the init (whom the kernel stops for nobody inside), the helper itself and other faults' helpers."""
    pids = [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()]
    found = [one for pid in sorted(pids) if pid not in {1, own_pid} and (one := read(pid, proc)) is not None]
    return [one for one in found if one.state not in _OVER and not _is_the_engines(one, proc)]


def read(pid: int, proc: Path = PROC) -> Process | None:
    """One of them; None where it is gone."""
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")  # a name may hold anything, parentheses too
    return Process(pid, name, rest.split()[0])


def _is_the_engines(one: Process, proc: Path) -> bool:
    try:
        return one.name.startswith(_ENTERING) or _HELPER in (proc / str(one.pid) / "cmdline").read_bytes()
    except OSError:
        return False
