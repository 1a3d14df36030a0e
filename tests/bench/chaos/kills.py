"""Fifty long-lived instances, each killed once: from the kill to the start of the successor; Docker Swarm beside it."""

from collections.abc import Iterator

from tests.bench.heal import in_turns
from tests.bench.stage import stage
from tests.bench.swarm import service
from tests.bench.values import Row, figure, samples, slower_at_most

COUNT = 50
SWARM_ROUNDS = 10
TIMES = 1.5


def measure(engine_url: str) -> Iterator[Row]:
    """Each instance dies once."""
    with stage(engine_url) as here:
        ours, bare = in_turns(here, COUNT, COUNT)
    with service(engine_url, COUNT) as swarm:
        theirs = [swarm.kill_one() for _ in range(SWARM_ROUNDS)]
    yield slower_at_most(
        f"each of {COUNT} killed → its successor runs", samples(ours), samples(bare), TIMES,
        "SIGKILL through the engine's API; from just before it to the engine's event of the start of the one that "
        "takes its name; in turns with a script that waits for the end of one container, then removes, creates and "
        "starts it.",
        p95=True,
    )  # fmt: skip
    yield figure(
        "the same, Docker Swarm", samples(theirs),
        f"the same engine's swarm mode, one node, a service of {COUNT}, on an engine of its own on this machine right "
        "after the others; its restart delay is its default, 5 s.",
        against=samples(ours),
    )  # fmt: skip
