"""Chaos' director, joined to a running loop: kills become its events, and a zone that is kept down is closed there.

Before: chaos_run, drill_stage, services.faults. After: chaos.director, which knows nothing of a loop.
"""

import threading
from collections.abc import Callable

from reconciler.api.backend import Backend
from reconciler.chaos.director import Director
from reconciler.cli.zone import reopen
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings


def director(
    settings: Settings,
    engine: FaultEngine,
    loop: Backend,
    stop: threading.Event,
    *,
    tell: Callable[[str], None],
    remark: Callable[[str], None],
    reopened: Callable[[str], bool] | None = None,
) -> Director:
    """`tell` gets a few words at each step, `remark` sentences that change nothing. `reopened` opens a zone; without
    it, it is opened whether a loop runs by then or not.
    """

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
            if reopened is not None:
                reopened(zone)
            else:
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
