"""One of twenty hangs: from the freeze to the start of its replacement."""

import time
from collections.abc import Iterator

from tests.bench.stage import BASE, Stage, stage
from tests.bench.values import Row, at_most, samples

COUNT = 20
ROUNDS = 5
_CLUSTER = "web"
_HEALTH = "health: {heartbeat: {interval: 1s, misses: 3}, suspect: 1s}\n"


def measure(engine_url: str) -> Iterator[Row]:
    """Another instance each time; all beat before the next one is frozen."""
    with stage(engine_url) as here:
        here.grow(_CLUSTER, COUNT, 120, image=BASE, more=_HEALTH)
        times = [_freeze(here, f"{here.cluster(_CLUSTER)}{number}") for number in range(1, ROUNDS + 1)]
    yield at_most(
        f"one of {COUNT} frozen → replacement started", samples(times), 5.0,
        "`docker pause` of an instance that beats every second (3 misses, 1 s suspect); from just before the request "
        "to the engine's event of the start of the one that takes its name.",
    )  # fmt: skip


def _freeze(here: Stage, name: str) -> float:
    client = here.client()
    began = time.time()
    client.pause(name)
    seconds = here.events.nth(1, "start", name, began) - began
    client.close()
    here.loop.until_ready(_CLUSTER, COUNT)
    return seconds
