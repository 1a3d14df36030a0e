"""The examples' own drills, whole, on a cloud of its own; what their reports say.

Before: the images of Acme Air, tests.support. After: chaos.acmeair, chaos.ha.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.stage import put_away
from tests.support import acmeair_drills
from tests.support.acmeair import IMAGES, Cloud, require_images

_DRILL_SECONDS = 420.0


@contextmanager
def cloud(engine_url: str, example: str) -> Iterator[Cloud]:
    """Started, and a customer's journey has succeeded; gone afterwards."""
    require_images(engine_url, IMAGES)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        made = Cloud(engine_url, Path(place), example=example, env="benchair")
        try:
            made.loop.start()
            made.until_whole()
            yield made
        finally:
            put_away(made.loop)


def drill(made: Cloud, example: str, name: str) -> Mapping[str, Any]:
    """The report of `examples/EXAMPLE/drills/NAME.yaml`; whether it was passed is in there."""
    told = acmeair_drills.run(made, example, name, {}, seconds=_DRILL_SECONDS)
    made.until_whole()
    return told.report


def failed_share(report: Mapping[str, Any]) -> float:
    """Of the load's requests."""
    return float(report["load"]["document"]["requests"]["failed_share"])


def lost_or_doubled(report: Mapping[str, Any]) -> float:
    """Of the bookings that clients were told to have."""
    verdict = report["history"]["verdict"]
    assert verdict["word"] != "unknown", verdict["sentence"]
    return float(len(verdict["lost"]) + len(verdict["doubled"]))
