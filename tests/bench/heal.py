"""One of twenty dies: from the kill to the start of its replacement, against a script that does nothing else."""

from collections.abc import Iterator

from tests.bench.bare import healer
from tests.bench.stage import stage
from tests.bench.values import Row, samples, slower_at_most

COUNT = 20
ROUNDS = 5
_CLUSTER = "web"


def measure(engine_url: str) -> Iterator[Row]:
    """Another instance each time, since a number's second start in a row is put off on purpose."""
    ours, bare = [], []
    with stage(engine_url) as here:
        here.grow(_CLUSTER, COUNT, 90)
        victim = f"{here.bare}1"
        with healer(here, victim):
            for number in range(1, ROUNDS + 1):
                ours.append(here.replaced_after(f"{here.cluster(_CLUSTER)}{number}"))
                here.loop.until_ready(_CLUSTER, COUNT)
                bare.append(here.replaced_after(victim))
    yield slower_at_most(
        f"one of {COUNT} killed → replacement started", samples(ours), samples(bare), 1.3,
        "SIGKILL through the engine's API; from just before it to the engine's event of the start of the one that "
        "takes its name; the yardstick is a script that waits for the end of one container, then removes, creates, "
        "starts.",
    )  # fmt: skip
