"""What the whole cloud and its reconciler hold in memory while nobody asks anything of them.

Before: the images, tests.support.acmeair. After: the table.
"""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.bench.idle import memory_bytes
from tests.bench.values import Row, at_most, figure, samples
from tests.support.acmeair import Cloud, cloud

WINDOWS = 5
WINDOW_SECONDS = 6.0
CONTAINERS_LIMIT = 1.2 * 1024**3
LOOP_LIMIT = 100 * 1024**2


def measure(engine_url: str) -> Iterator[Row]:
    """After a customer's journey, so that everything has been used once."""
    together, own = [], []
    shares: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as place, cloud(engine_url, Path(place)) as here:
        clock = threading.Event()
        for _ in range(WINDOWS):
            clock.wait(WINDOW_SECONDS)
            held = _held(here)
            together.append(sum(held.values()))
            own.append(memory_bytes(here.loop.pid, "VmRSS"))
            for name, size in held.items():
                shares.setdefault(name.removeprefix(f"{here.loop.env}-").rpartition("-")[0], []).append(size)
    yield at_most(
        "Acme Air at rest: memory of all containers", samples(together, "MiB"), CONTAINERS_LIMIT,
        "the memory of every container's control group less its inactive file cache, summed (the story: 3 GB).",
    )  # fmt: skip
    yield at_most(
        "Acme Air at rest: memory of the reconciler", samples(own, "MiB"), LOOP_LIMIT,
        "resident memory of the loop's process, its DNS server included.",
    )  # fmt: skip
    for cluster, sizes in sorted(shares.items()):
        yield figure(
            f"Acme Air at rest: one {cluster}", samples(sizes, "MiB"), "one container's part of the sum above."
        )


def _held(here: Cloud) -> dict[str, float]:
    """Container name to bytes; the field of the inactive file cache is named by the version of control groups."""
    found = {}
    for name, id_ in here.loop.containers().items():
        memory = here.loop.docker.stats(id_, stream=False, one_shot=True)["memory_stats"]
        cache = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
        found[name] = float(memory["usage"] - cache)
    return found
