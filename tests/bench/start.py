"""Twenty at once: from the save of a spec to the twentieth container's start, against Docker alone and against compose.

Before: stage, bare, compose. After: the table.
"""

import time
from collections.abc import Iterator

from tests.bench.bare import BareStarts
from tests.bench.compose import Project, sleepers
from tests.bench.stage import Stage, spec, stage
from tests.bench.values import Row, faster_at_least, samples, slower_at_most

COUNT = 20
ROUNDS = 5
_CLUSTER = "web"


def measure(engine_url: str) -> Iterator[Row]:
    """Three subjects in turns; each round begins and ends with none running."""
    ours, bare, composed = [], [], []
    with stage(engine_url) as here:
        here.empty(_CLUSTER)
        compose, starts = sleepers(here, COUNT), BareStarts(here)
        try:
            starts.start(1)  # the first container on a network costs what later ones don't
            starts.remove()
            for _ in range(ROUNDS):
                ours.append(_ours(here))
                bare.append(_bare(here, starts))
                composed.append(_composed(here, compose))
        finally:
            compose.down()
            starts.close()
    yield slower_at_most(
        f"size 0 → {COUNT} running, against Docker alone", samples(ours), samples(bare), 1.2,
        f"from the rename of the spec with `size: {COUNT}` to the engine's event of the {COUNT}th start; Docker alone "
        "is 8 threads of low-level docker-py, create and start, on the same network, up to the same event.",
    )  # fmt: skip
    yield faster_at_least(
        f"size 0 → {COUNT} running, against docker compose", samples(ours), samples(composed), 1.5,
        f"the same rounds; compose is `up --detach --wait` of {COUNT} replicas with the same image, command and "
        f"network, from its start to the engine's event of the {COUNT}th start, not to its own end.",
    )  # fmt: skip


def _ours(here: Stage) -> float:
    began = time.time()
    here.loop.save(_CLUSTER, spec(COUNT))
    seconds = here.events.nth(COUNT, "start", here.cluster(_CLUSTER), began) - began
    here.loop.until_ready(_CLUSTER, COUNT)
    here.empty(_CLUSTER)
    return seconds


def _bare(here: Stage, starts: BareStarts) -> float:
    began = time.time()
    starts.start(COUNT)
    seconds = here.events.nth(COUNT, "start", here.bare, began) - began
    starts.remove()
    return seconds


def _composed(here: Stage, compose: Project) -> float:
    began = time.time()
    compose.up()
    seconds = here.events.nth(COUNT, "start", compose.name, began) - began
    compose.down()
    return seconds
