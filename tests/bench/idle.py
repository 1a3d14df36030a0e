"""A hundred beat every second and nothing is to be done: what the reconciler costs meanwhile."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.stage import BASE, stage
from tests.bench.values import Row, at_most, samples

COUNT = 100
WINDOWS = 6
WINDOW_SECONDS = 6.0
_CLUSTER = "web"
_START_SECONDS = 240.0
_HEALTH = "health: {heartbeat: {interval: 1s, misses: 3}}\n"


def measure(engine_url: str) -> Iterator[Row]:
    """Windows one after the other; the resync of every 10 s is in them."""
    shares, memory = [], []
    with stage(engine_url) as here:
        here.grow(_CLUSTER, COUNT, _START_SECONDS, image=BASE, more=_HEALTH)
        here.loop.until_settled()
        clock = threading.Event()
        for _ in range(WINDOWS):
            began, before = time.monotonic(), cpu_seconds(here.loop.pid)
            clock.wait(WINDOW_SECONDS)
            shares.append((cpu_seconds(here.loop.pid) - before) / (time.monotonic() - began))
            memory.append(memory_bytes(here.loop.pid, "VmRSS"))
    yield at_most(
        f"{COUNT} instances beat every second: CPU", samples(shares, "%"), 0.05,
        f"user and system time of the loop's process (/proc/PID/stat), of one core, in {WINDOWS} windows of "
        f"{WINDOW_SECONDS:g} s; each instance is a container of the base image with its agent.",
    )  # fmt: skip
    yield at_most(
        f"{COUNT} instances beat every second: memory", samples(memory, "MiB"), 100 * 1024**2,
        "resident memory of the loop's process (/proc/PID/status) at the end of each window.",
    )  # fmt: skip


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int, field: str, file: str = "status") -> int:
    """One line of /proc/PID/status or smaps_rollup, which count in KiB."""
    for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"/proc/{pid}/{file} has no {field}")
