"""Acme Air's web tier pushed while customers use it: rolling and red-black, and what they noticed."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from reconciler.spec.edit import set_key
from tests.bench.values import Row, at_most, figure, samples
from tests.support.acmeair import Cloud, cloud
from tests.support.acmeair_load import Load

PUSHES = 3
USERS = 8
_LOAD_SECONDS = 75
_PUSH_SECONDS = 60.0
_STRATEGIES = ("rolling", "red-black")


def measure(engine_url: str) -> Iterator[Row]:
    """Each strategy, several pushes one after the other under one load."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place, cloud(engine_url, Path(place)) as here:
        for strategy in _STRATEGIES:
            yield from _pushed(here, strategy)


def _pushed(here: Cloud, strategy: str) -> Iterator[Row]:
    seconds: list[float] = []
    original = (here.loop.specs / "web.yaml").read_text(encoding="utf-8")
    with Load(here, seconds=_LOAD_SECONDS * PUSHES, users=USERS) as load:
        load.until_answered()
        for version in range(1, PUSHES + 1):
            began = time.monotonic()
            here.loop.follow("web", another(original, strategy, version), 2, _PUSH_SECONDS)
            here.loop.until_settled()
            seconds.append(time.monotonic() - began)
        load.stop()
        figures = load.figures()
    here.loop.follow("web", original, 2, _PUSH_SECONDS)
    here.until_whole()
    for text in figures.failures:
        print(f"failed: {text}", flush=True)
    yield at_most(
        f"Acme Air, {PUSHES} {strategy} pushes of the web tier under load: failed requests",
        samples([float(figures.failed)], ""), 0.0,
        f"of {figures.requests} requests through Zuul by {USERS} users of the load image, which sends nothing twice; "
        "each push changes a variable of the two instances.",
    )  # fmt: skip
    yield figure(f"the same: one {strategy} push", samples(seconds), "from the save until all are new and settled.")


def another(text: str, strategy: str, version: int) -> str:
    """The spec with another value of a variable that nobody reads, and the strategy."""
    keep = ", red-black: {keep: 5s}" if strategy == "red-black" else ""
    more = f"rollout: {{strategy: {strategy}{keep}}}\n"
    return set_key(text, ("environment", "VERSION"), f"{strategy}-{version}") + more
