"""Where the figures were measured: the machine, the engine, the commit, the day, what else ran.

Before: /proc, the engine, git. After: report. No host name: the page is public.
"""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.engine.docker import connect
from tests.support.loop_process import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts as people read them; `loads` are the numbers of processes that wanted to run, in the
    minute before the first figure and in the one before the end of each."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    engine: str
    commit: str
    date: str
    loads: tuple[float, ...]
    compose: str = ""
    dnsperf: str = ""

    def facts(self) -> list[tuple[str, str]]:
        """Name and value of each."""
        return [
            ("machine", f"{self.cores} x {self.processor}, {self.memory_gib:.0f} GiB"),
            ("system", f"Linux {self.kernel}, Python {self.python}"),
            ("engine", f"Docker {self.engine}"),
            ("docker compose", self.compose or "not measured"),
            ("dnsperf", self.dnsperf or "not measured"),
            ("commit", self.commit),
            ("date", self.date),
            ("load", self._load()),
        ]

    def _load(self) -> str:
        before, *during = self.loads
        text = f"{before:.1f} processes on {self.cores} cores before the run"
        return f"{text}, {min(during):.1f} to {max(during):.1f} during it, its own among them" if during else text


def look(engine_url: str, compose: str = "") -> Machine:
    """This machine, now, before the first figure."""
    engine = connect(engine_url)
    try:
        info = engine.info()
    finally:
        engine.close()
    return Machine(
        processor=_field("/proc/cpuinfo", "model name") or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2,
        kernel=platform.release().split("-")[0],
        python=platform.python_version(),
        engine=f"{info.version} (API {info.api_version})",
        commit=_commit(),
        date=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
        loads=(os.getloadavg()[0],),
        compose=compose,
        dnsperf=_dnsperf(),
    )


def _field(file: str, name: str) -> str:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _dnsperf() -> str:
    """Its version; empty where it isn't installed."""
    if shutil.which("dnsperf") is None:
        return ""
    said = subprocess.run(["dnsperf", "-h"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Version (\S+)", said)
    return found[1] if found else ""


def _commit() -> str:
    asked = [["git", "rev-parse", "--short", "HEAD"], ["git", "status", "--porcelain", "--", "reconciler", "images"]]
    said = [subprocess.run(a, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() for a in asked]
    return (said[0] or "unknown") + (" with changes" if said[1] else "")
