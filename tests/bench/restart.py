"""The loop comes back to fifty running instances: what it does (nothing), and how soon it knows them all."""

import time
from collections.abc import Iterator

from reconciler.api.client import LoopClient
from reconciler.errors import ReconcilerError
from tests.bench.stage import PATIENCE_SECONDS, Stage, stage
from tests.bench.values import Row, at_most, samples

COUNT = 50
ROUNDS = 5
_CLUSTER = "web"
_LOOK_SECONDS = 0.01
_DEEDS = ("create", "start", "kill", "die", "destroy", "pause", "rename")


def measure(engine_url: str) -> Iterator[Row]:
    """Ended with SIGTERM, started anew, five times."""
    with stage(engine_url) as here:
        here.grow(_CLUSTER, COUNT, 120)
        found = [_restart(here) for _ in range(ROUNDS)]
    yield at_most(
        f"loop restarted with {COUNT} running: actions", samples([deeds for _, deeds in found], ""), 0.0,
        "what happened to the environment's containers by the engine's events, from the end of the loop before until "
        "the new one knows all and plans nothing.",
    )  # fmt: skip
    yield at_most(
        f"loop restarted with {COUNT} running: first full status", samples([seconds for seconds, _ in found]), 2.0,
        f"from the start of the process to an answer of its API in which all {COUNT} are ready.",
    )  # fmt: skip


def _restart(here: Stage) -> tuple[float, float]:
    here.loop.stop()
    since, began = time.time(), time.monotonic()
    here.loop.launch()
    while not _complete(here.loop.client):
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise AssertionError(f"no full status\n{here.loop.picture()}")
        time.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - began
    here.loop.until_settled()
    deeds = sum(len(here.events.of(deed, here.cluster(_CLUSTER), since)) for deed in _DEEDS)
    return seconds, float(deeds)


def _complete(client: LoopClient) -> bool:
    try:
        return sum(row.ready for row in client.status().clusters) == COUNT
    except ReconcilerError:  # it does not listen yet
        return False
