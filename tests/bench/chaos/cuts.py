"""Zones cut from each other in every shape: how soon every pair is as meant, and how soon all is as before."""

from collections.abc import Iterator

from tests.bench.chaos.town import fault, grow
from tests.bench.stage import stage
from tests.bench.values import Row, at_least, at_most, samples

SIZE = 12
SHAPES = (("halves",), ("rest",), ("bridge",), ("one-way",), ("reconciler", "--side", "az2"))
ROUNDS = 3
LIMIT_SECONDS = 1.0


def measure(engine_url: str) -> Iterator[Row]:
    """Helpers are put beside all victims first, and do no harm there; then all cut at one moment."""
    with stage(engine_url) as here:
        grow(here, SIZE, beating=True)
        reports = [fault(here, "split-brain", *shape, "--for", "1s") for _ in range(ROUNDS) for shape in SHAPES]
    staged = samples(one["staged_seconds"] for one in reports)
    shapes = f"{SIZE} instances in 3 zones, shapes {', '.join(shape[0] for shape in SHAPES)}, {ROUNDS} times each"
    yield at_most(
        "zones cut → every pair as meant", samples(one["in_force_seconds"] for one in reports), LIMIT_SECONDS,
        f"{shapes}; from the order to cut until a matrix probed from inside every instance is the one meant. Before "
        f"the order helpers are staged, which does no harm and takes {staged}.",
        p95=True,
    )  # fmt: skip
    yield at_most(
        "healed → every pair as before", samples(one["healed_seconds"] for one in reports), LIMIT_SECONDS,
        "the same; from the order to heal until the matrix is full again.", p95=True,
    )  # fmt: skip
    yield at_least(
        "pairs as meant", samples((one["pairs_as_meant"] / one["pairs"] for one in reports), "%"), 1.0,
        "of all ordered pairs of instances (and the reconciler), those that reached each other or not as the shape "
        "says.",
    )  # fmt: skip
