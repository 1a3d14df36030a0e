"""The decision itself, over an environment far larger than an engine would hold, with nothing to do."""

from collections.abc import Iterator

from tests.bench import pure
from tests.bench.values import Row, at_most, samples, slower_at_most

ROUNDS = 7
_SIZE = 10


def measure(_engine_url: str) -> Iterator[Row]:
    """Both sizes in turns."""
    once, twice = [], []
    for _ in range(ROUNDS):
        once.append(pure.measure(1000, _SIZE))
        twice.append(pure.measure(2000, _SIZE))
    single, double = samples(once, "ms"), samples(twice, "ms")
    yield at_most(
        f"pure decision over 1,000 clusters x {_SIZE}, nothing to do", single, 0.150,
        "one call over an environment that is as its specs want it, with fresh beats and published names; no engine "
        "is asked.",
    )  # fmt: skip
    yield slower_at_most(
        f"the same over 2,000 clusters x {_SIZE}", double, single, 2.2,
        "the same call over twice as much, in turns; the yardstick is the line above.",
    )  # fmt: skip
