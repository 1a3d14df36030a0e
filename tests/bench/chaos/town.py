"""A cluster in three zones that may be broken, and the report of what broke it.

Before: tests.bench.stage. After: the figures of chaos.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.bench.stage import BASE, SLEEPER, Stage

ZONES = ("az1", "az2", "az3")
CLUSTER = "web"
_GROW_SECONDS = 120.0
_FAULT_SECONDS = 120.0
_OPEN = f"zones: [{', '.join(ZONES)}]\nchaos: {{enabled: true}}\n"


def grow(here: Stage, size: int, *, beating: bool) -> None:
    """So many instances, all ready; `beating` ones are judged by their heartbeats."""
    here.grow(CLUSTER, size, _GROW_SECONDS, image=BASE if beating else SLEEPER, more=_OPEN)
    here.loop.until_settled()


def fault(here: Stage, *words: str) -> Mapping[str, Any]:
    """The report of a fault after its end. Raises AssertionError where it didn't bite or wasn't undone."""
    ran = here.loop.cli("chaos", *words, "--unleash", "-o", "json", seconds=_FAULT_SECONDS)
    assert ran.code == 0, ran.err
    report: Mapping[str, Any] = json.loads(ran.out)
    return report
