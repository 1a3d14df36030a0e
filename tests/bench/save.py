"""From a closed or renamed file to the first request that leaves for the engine."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.proxy import StampingProxy
from tests.bench.stage import PATIENCE_SECONDS, Stage, spec, stage
from tests.bench.values import Row, at_most, samples

SAVES = 50
_STEPS = 5
_CLUSTER = "web"


def measure(engine_url: str) -> Iterator[Row]:
    """Sizes 1 to 5, one save each, then back to 0, until there are fifty; half written in place, half renamed."""
    proxies: list[StampingProxy] = []

    def through(root: Path) -> str:
        path = root / "engine.sock"
        proxies.append(StampingProxy(path, engine_url.removeprefix("unix://")))
        return f"unix://{path}"

    delays: list[float] = []
    with stage(engine_url, through=through) as here:
        for _ in range(SAVES // _STEPS):
            here.empty(_CLUSTER)
            for size in range(1, _STEPS + 1):
                delays.append(_save(here, proxies[0], size, renamed=len(delays) % 2 == 0))
    proxies[0].close()
    yield at_most(
        "file closed or renamed → first create request", samples(delays, "ms"), 0.150,
        f"{SAVES} saves that each add an instance, closed after writing in place and renamed into place in turns; a "
        "unix socket in front of the engine's notes when `POST /containers/create` comes by.",
        p95=True,
    )  # fmt: skip


def _save(here: Stage, proxy: StampingProxy, size: int, *, renamed: bool) -> float:
    before, text = len(proxy.stamps), spec(size)
    if renamed:
        began = time.time()
        here.loop.save(_CLUSTER, text)
    else:
        with (here.loop.specs / f"{_CLUSTER}.yaml").open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            began = time.time()
    delay = proxy.wait_beyond(before, PATIENCE_SECONDS) - began
    here.loop.until_ready(_CLUSTER, size)
    return delay
