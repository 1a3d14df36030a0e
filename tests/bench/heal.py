"""One of twenty dies: from the kill to the start of its replacement, against a script that does nothing else."""

from collections.abc import Iterator

from tests.bench.bare import healer
from tests.bench.stage import Stage, stage
from tests.bench.values import Row, samples, slower_at_most

COUNT = 20
ROUNDS = 5
_CLUSTER = "web"
_GROW_SECONDS = 120.0


def measure(engine_url: str) -> Iterator[Row]:
    """Five of them, in turns with the script."""
    with stage(engine_url) as here:
        ours, bare = in_turns(here, COUNT, ROUNDS)
    yield slower_at_most(
        f"one of {COUNT} killed → replacement started", samples(ours), samples(bare), 1.3,
        "SIGKILL through the engine's API; from just before it to the engine's event of the start of the one that "
        "takes its name; the yardstick is a script that waits for the end of one container, then removes, creates, "
        "starts.",
    )  # fmt: skip


def in_turns(here: Stage, size: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each replacement of ours, one of `size`, and of the script's, which keeps a single container.

    Another instance each time, since a number's second start in a row is put off on purpose.
    """
    ours, bare = [], []
    here.grow(_CLUSTER, size, _GROW_SECONDS)
    victim = f"{here.bare}1"
    with healer(here, victim):
        for number in range(1, rounds + 1):
            ours.append(here.replaced_after(f"{here.cluster(_CLUSTER)}{number}"))
            here.loop.until_ready(_CLUSTER, size)
            bare.append(here.replaced_after(victim))
    return ours, bare
