"""The chaos program is killed with SIGKILL while it cuts: what is left in the instances after its time."""

import subprocess
import time
from collections.abc import Iterator
from itertools import takewhile

from tests.bench.chaos.town import CLUSTER, grow
from tests.bench.stage import PATIENCE_SECONDS, Stage, stage
from tests.bench.values import Row, at_most, figure, samples

SIZE = 9
ROUNDS = 3
SECONDS = 5
_LOOK_SECONDS = 0.05


def measure(engine_url: str) -> Iterator[Row]:
    """Rules are counted in every instance's own network namespace, from outside."""
    left, healed = [], []
    with stage(engine_url) as here:
        grow(here, SIZE, beating=True)
        for _ in range(ROUNDS):
            killed_at = _kill_in_the_middle(here)
            while any(_fault_helpers(here)):
                assert time.monotonic() - killed_at < PATIENCE_SECONDS, "helpers are still there"
                time.sleep(_LOOK_SECONDS)
            healed.append(time.monotonic() - killed_at)
            left.append(float(sum(_rules(here))))
    yield at_most(
        "chaos killed with SIGKILL in the middle: rules left", samples(left, ""), 0.0,
        f"a split brain of {SIZE} instances for {SECONDS} s, whose program is killed once the cut is in force; rules "
        "in the instances' own namespaces, counted when the loop has put the last helper away.",
    )  # fmt: skip
    yield figure(
        "the same: seconds until it healed by itself", samples(healed),
        f"from the kill; the fault's {SECONDS} s, and what its helpers add to outlast a slow start.",
    )  # fmt: skip


def _kill_in_the_middle(here: Stage) -> float:
    with here.loop.begin("chaos", "split-brain", "halves", "--for", f"{SECONDS}s", "--unleash") as process:
        assert process.stdout is not None
        said = list(takewhile(lambda line: "pairs as meant" not in line, process.stdout))
        assert process.poll() is None, f"it was never in force: {said}"
        assert sum(_rules(here)) > 0
        process.kill()
    return time.monotonic()


def _fault_helpers(here: Stage) -> Iterator[str]:
    labels = [f"io.reconciler.env={here.env}", "io.reconciler.role=fault"]
    yield from (one["Id"] for one in here.loop.docker.containers(all=True, filters={"label": labels}))


def _rules(here: Stage) -> Iterator[int]:
    """Of each instance, the rules beyond the three policies that there are without any."""
    for id in here.loop.containers(CLUSTER).values():
        pid = here.loop.inspect(id)["State"]["Pid"]
        ran = subprocess.run(
            ["nsenter", f"--target={pid}", "--net", "iptables", "-w", "-S"], capture_output=True, text=True, check=True
        )  # fmt: skip
        yield sum(not line.startswith("-P ") for line in ran.stdout.splitlines())
