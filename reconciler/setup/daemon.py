"""An engine for a machine that has none: Debian's docker.io, started by hand where no systemd does it.

Before: locate (where it should answer), probe, apt. After: doctor. Never here: touching an engine that
already runs.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from reconciler.setup import apt
from reconciler.setup.findings import SetupError
from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import answers
from reconciler.setup.progress import step
from reconciler.setup.run import run

PACKAGES = ("docker.io", "iptables")
_START_SECONDS = 60.0
_POLL_SECONDS = 0.1
_LOG_LINES = 15
_USUAL_MTU = 1500
_CONTAINERD_PID = Path("/var/run/docker/containerd/containerd.pid")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFiles:
    """Where a dockerd that we start leaves its log and its process id."""

    log: Path = Path("/var/log/dockerd.log")
    pid: Path = Path("/var/run/docker.pid")


def provide(endpoint: Endpoint, console: Console) -> None:
    """Make an engine answer at `endpoint`: installed, started, waited for. Raises SetupError."""
    if shutil.which("dockerd") is None:
        console.print("No container engine here: installing Debian's docker.io with iptables.", highlight=False)
        apt.install(PACKAGES, console)
    if answers(endpoint):
        return  # the package's own start-up script was allowed to start it
    if os.geteuid() != 0:
        raise SetupError("dockerd is installed but does not run, and starting it needs root; run this as root")
    if Path("/run/systemd/system").is_dir():
        run(["systemctl", "start", "docker"], timeout_seconds=_START_SECONDS)
        _wait(endpoint, lambda: True, DaemonFiles())
        return
    with step(console, "Starting dockerd"):
        start(endpoint, DaemonFiles())


def start(endpoint: Endpoint, files: DaemonFiles) -> int:
    """Start dockerd in a session of its own, so that it outlives us; its process id once it answers."""
    _forget_stale_pid(files.pid, "dockerd")
    _forget_stale_pid(_CONTAINERD_PID, "containerd")
    files.log.parent.mkdir(parents=True, exist_ok=True)
    with files.log.open("ab") as log:
        process = subprocess.Popen(
            command(endpoint, files, mtu=default_route_mtu(Path("/proc/net/route"), Path("/sys/class/net"))),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    _wait(endpoint, lambda: process.poll() is None, files)
    return process.pid


def command(endpoint: Endpoint, files: DaemonFiles, *, mtu: int) -> list[str]:
    """The command line of dockerd; the bridge takes the route's MTU where it is below the usual one."""
    narrow = [f"--mtu={mtu}"] if mtu < _USUAL_MTU else []
    return ["dockerd", f"--host={endpoint.url}", f"--pidfile={files.pid}", *narrow]


def default_route_mtu(routes: Path, interfaces: Path) -> int:
    """The MTU (bytes) of the default route's interface; packets from wider bridges would be lost there."""
    try:
        rows = [line.split() for line in routes.read_text(encoding="ascii").splitlines()[1:]]
        name = next(row[0] for row in rows if row[1] == "00000000")
        return int((interfaces / name / "mtu").read_text(encoding="ascii"))
    except (OSError, StopIteration, IndexError, ValueError):
        return _USUAL_MTU  # no IPv4 default route: nothing to be too wide for


def _forget_stale_pid(path: Path, name: str) -> None:
    """Remove the pid file that a killed `name` left behind: its number may be another process's now, or a zombie's."""
    if path.exists() and not _runs(path.read_text(encoding="ascii").strip(), name):
        path.unlink(missing_ok=True)


def _runs(pid: str, name: str) -> bool:
    """Whether the process is there, is `name`, and has not ended (proc(5): the state follows the name in brackets)."""
    try:
        stat = (Path("/proc") / pid / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    known, _, rest = stat.partition("(")[2].rpartition(")")
    return known == name and rest.split()[0] not in ("Z", "X")


def _wait(endpoint: Endpoint, alive: Callable[[], bool], files: DaemonFiles) -> None:
    deadline_at = time.monotonic() + _START_SECONDS
    while not answers(endpoint):
        ended = not alive()
        if ended or time.monotonic() > deadline_at:
            what = "ended" if ended else f"did not answer within {_START_SECONDS:.0f} s"
            raise SetupError(f"dockerd {what} at {endpoint.url}; the last lines of {files.log}:{_tail(files.log)}")
        time.sleep(_POLL_SECONDS)


def _tail(log: Path) -> str:
    if not log.exists():
        return "\n    (there is no such file)"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return "".join(f"\n    {line}" for line in lines)
