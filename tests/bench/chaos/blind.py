"""A zone cut from the reconciler for thirty seconds: how many healthy instances are replaced for it."""

from collections.abc import Iterator

from tests.bench.chaos.town import CLUSTER, ZONES, fault, grow
from tests.bench.stage import stage
from tests.bench.values import Row, at_most, samples

SIZE = 12
SECONDS = 30


def measure(engine_url: str) -> Iterator[Row]:
    """Each zone once."""
    replaced = []
    with stage(engine_url) as here:
        grow(here, SIZE, beating=True)
        before = here.loop.containers(CLUSTER, every=True)
        for zone in ZONES:
            fault(here, "split-brain", "reconciler", "--side", zone, "--for", f"{SECONDS}s")
            here.loop.until_settled()
            after = here.loop.containers(CLUSTER, every=True)
            replaced.append(float(sum(before[name] != after.get(name) for name in before)))
            before = after
    yield at_most(
        f"zone cut from the reconciler for {SECONDS} s: healthy instances replaced", samples(replaced, ""), 0.0,
        f"{SIZE} instances judged by their heartbeats, {SIZE // len(ZONES)} in each zone; each of the zones once.",
    )  # fmt: skip
