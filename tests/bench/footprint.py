"""What a person waits for `status`, and what the agent costs in every container."""

import time
from collections.abc import Iterator

from tests.bench.idle import memory_bytes
from tests.bench.stage import BASE, Stage, stage
from tests.bench.values import Row, at_most, samples

COUNT = 5
CALLS = 10
_CLUSTER = "web"
_AGENT = "reconciler/agent.py"


def measure(engine_url: str) -> Iterator[Row]:
    """With a loop that has nothing to do."""
    with stage(engine_url) as here:
        here.grow(_CLUSTER, COUNT, 60, image=BASE)
        here.loop.until_settled()
        waits = [_status(here) for _ in range(CALLS)]
        agents = [_agent(here, name) for name in here.loop.containers(_CLUSTER)]
        shares = [memory_bytes(pid, "Pss", "smaps_rollup") for pid in agents]
        resident = [memory_bytes(pid, "VmRSS") for pid in agents]
    yield at_most(
        "`reconciler status` beside a running loop", samples(waits), 0.4,
        f"wall time of the command, {CALLS} times, with {COUNT} instances.",
    )  # fmt: skip
    yield at_most(
        "the agent's memory: its own share", samples(shares, "MiB"), 8 * 1024**2,
        "proportional set size of each agent's process (/proc/PID/smaps_rollup): pages that several "
        "containers share are counted in parts.",
    )  # fmt: skip
    yield at_most(
        "the agent's memory: resident", samples(resident, "MiB"), 16 * 1024**2,
        "resident memory of the same processes, shared pages included.",
    )  # fmt: skip


def _status(here: Stage) -> float:
    began = time.monotonic()
    ran = here.loop.cli("status")
    seconds = time.monotonic() - began
    assert ran.code == 0, ran.err
    return seconds


def _agent(here: Stage, name: str) -> int:
    """The process id of the agent in a container, as the host sees it."""
    said = here.loop.docker.top(name)
    column = said["Titles"].index("PID")
    found = [int(row[column]) for row in said["Processes"] if _AGENT in row[-1]]
    assert len(found) == 1, said
    return found[0]
