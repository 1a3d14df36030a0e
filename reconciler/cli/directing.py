"""Chaos' director, joined to a running loop: kills become its events, and a zone that is kept down is closed there.

Before: chaos_run, drill_stage. After: chaos.director, which knows nothing of a loop.
"""

import threading
from collections.abc import Callable

from reconciler.api.client import LoopClient
from reconciler.chaos.director import Director
from reconciler.cli.zone import reopen
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings


def director(
    settings: Settings,
    engine: FaultEngine,
    loop: LoopClient,
    stop: threading.Event,
    *,
    tell: Callable[[str], None],
    remark: Callable[[str], None],
) -> Director:
    """`tell` gets a few words at each step, `remark` sentences that change nothing."""

    def note(cluster: str, subject: str, cause: str) -> None:
        try:
            loop.note(cluster, subject, cause)
        except ReconcilerError as error:  # a fault needs no witness
            remark(f"the loop took no note: {error}")

    def close_zone(zone: str, seconds: float, why: str) -> None:
        for sentence in loop.close_zone(zone, seconds, why):
            remark(sentence)

    def open_zone(zone: str) -> None:
        try:
            reopen(settings, zone)
        except ReconcilerError as error:
            raise ReconcilerError(
                f"zone {zone} is closed until its time is over: {error}; `reconciler zone open {zone}` opens it"
            ) from error

    return Director(
        engine, settings.env, note=note, close_zone=close_zone, open_zone=open_zone, tell=tell, stop=stop
    )  # fmt: skip


def unheard(_words: str) -> None:
    """For whoever shows all that by itself."""
