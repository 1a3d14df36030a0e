"""All images of the cloud from nothing, and the second run that has nothing to do.

Before: the command. After: the table. Every step is made anew, whatever the engine has kept; only the Debian image they
all start from is there.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.bench.values import Row, at_most, samples
from tests.support.acmeair import IMAGES

LIMIT_SECONDS = 360.0
AGAIN_SECONDS = 2.0
AGAIN = 5


def measure(engine_url: str) -> Iterator[Row]:
    """Once: it downloads a few hundred megabytes."""
    whole = _build(engine_url, "--no-cache")
    again = [_build(engine_url) for _ in range(AGAIN)]
    yield at_most(
        "Acme Air's images from nothing", samples([whole]), LIMIT_SECONDS,
        "`reconciler images build --no-cache` of all eleven, from base to load: every step anew, "
        "downloads included (the story: 15 min).",
    )  # fmt: skip
    yield at_most(
        "the same again, nothing changed", samples(again), AGAIN_SECONDS, "wall time of the same command as it is used."
    )  # fmt: skip


def _build(engine_url: str, *words: str) -> float:
    command = [sys.executable, "-m", "reconciler.cli.main", "images", "build", *words, *IMAGES]
    began = time.monotonic()
    done = subprocess.run(
        command, env={**os.environ, "RECONCILER_ENGINE": engine_url}, check=False, text=True, capture_output=True
    )
    if done.returncode:
        raise RuntimeError(f"images build: exit {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return time.monotonic() - began
