"""One fault from the command line: said on the leash; unleashed, done in the foreground and undone at its end.

Before: chaos. After: chaos.prepare and chaos.director, chaos_view (words), chaos_cost (what followed).
Signals only set an event here: nothing is broken off in the middle, so everything that was begun is undone.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from random import SystemRandom
from typing import NamedTuple

import typer

from reconciler.api.client import LoopClient
from reconciler.chaos.attack import Attack
from reconciler.chaos.director import Director
from reconciler.chaos.faults import Fault
from reconciler.chaos.prepare import prepare
from reconciler.chaos.running import Running
from reconciler.cli import chaos_view as view
from reconciler.cli import output, session
from reconciler.cli.chaos_cost import Cost, Meter
from reconciler.cli.chaos_line import Line
from reconciler.cli.failures import EXIT_ERROR
from reconciler.cli.output import Plain
from reconciler.cli.situation import situation
from reconciler.cli.zone import reopen
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import ChaosRefused, ReconcilerError
from reconciler.loop.settings import Settings

_TICK_SECONDS = 0.2


class Way(NamedTuple):
    """How it is done: not at all on the leash; `settle_seconds` are waited for all to be ready afterwards."""

    unleash: bool
    settle_seconds: float
    format: Plain


def run(settings: Settings, fault: Fault, way: Way) -> None:
    """Say what the fault would do, or do it. Raises ReconcilerError, typer.Exit, KeyboardInterrupt."""
    from reconciler.engine.docker import connect

    with closing(connect(settings.engine_url)) as engine:
        attack = prepare(fault, situation(settings, engine, session.look(settings)), SystemRandom())
        loop = session.running(settings)
        if attack.closes is not None and loop is None:
            raise ChaosRefused("--keep-down is refused: no loop runs, so nothing would start there again; leave it out")
        with _signals() as stop, Line(quiet=way.format is Plain.JSON) as line:
            director = _director(settings, engine, loop, stop, line)
            director.check(attack)
            if not way.unleash:
                _say_leashed(attack, way.format)
                return
            _do(settings, director, attack, way, _Stage(engine, stop, line))


class _Stage(NamedTuple):
    engine: FaultEngine
    stop: threading.Event
    line: Line


def _director(
    settings: Settings, engine: FaultEngine, loop: LoopClient | None, stop: threading.Event, line: Line
) -> Director:
    if loop is None:
        return Director(engine, settings.env, tell=line.step, stop=stop)
    client = loop

    def note(cluster: str, subject: str, cause: str) -> None:
        try:
            client.note(cluster, subject, cause)
        except ReconcilerError as error:  # a fault needs no witness
            output.remark(f"the loop took no note: {error}")

    def close_zone(zone: str, seconds: float, why: str) -> None:
        for sentence in client.close_zone(zone, seconds, why):
            output.remark(sentence)

    def open_zone(zone: str) -> None:
        try:
            reopen(settings, zone)
        except ReconcilerError as error:
            raise ReconcilerError(
                f"zone {zone} is closed until its time is over: {error}; `reconciler zone open {zone}` opens it"
            ) from error

    return Director(
        engine, settings.env, note=note, close_zone=close_zone, open_zone=open_zone, tell=line.step, stop=stop
    )


def _say_leashed(attack: Attack, how: Plain) -> None:
    if how is Plain.JSON:
        output.emit_json(view.leashed_json(attack))
        return
    output.show(view.leashed(attack))


def _do(settings: Settings, director: Director, attack: Attack, way: Way, stage: _Stage) -> None:
    """Raises KeyboardInterrupt once all is undone, where somebody asked for the end."""
    meter = Meter(settings, stage.engine)
    running = director.unleash(attack)
    blow_at = time.monotonic()
    try:
        if way.format is Plain.TEXT:
            stage.line.clear()
            output.show(view.in_force(running.report()))
            sys.stdout.flush()
        _hold(settings, running, stage)
    finally:
        stage.line.clear()
        report = running.end()
    cost = _settle(meter, attack, report.fault_id, blow_at, way, stage)
    if way.format is Plain.JSON:
        output.emit_json(view.done_json(report, cost))
    else:
        stage.line.clear()
        output.show(view.done(report, cost))
    if stage.stop.is_set():
        raise KeyboardInterrupt
    asked, right = report.pairs
    if report.unhealed or right < asked:
        raise typer.Exit(EXIT_ERROR)


def _hold(settings: Settings, running: Running, stage: _Stage) -> None:
    """Until its time is over, somebody asks for the end, or somebody else has ended it."""
    if not running.attack.seconds:
        return
    ends_at = time.monotonic() + running.attack.seconds
    while (left := ends_at - time.monotonic()) > 0 and not running.over.is_set():
        stage.line.count(running.attack.says, left, lambda: session.look(settings))
        if stage.stop.wait(min(_TICK_SECONDS, left)):
            return
    if running.over.is_set():
        stage.line.clear()
        output.remark(f"it holds no longer: {running.why_over}")


def _settle(meter: Meter, attack: Attack, fault_id: str, blow_at: float, way: Way, stage: _Stage) -> Cost:
    """What it cost, after a while in which the world may come back; an impatient end is no error here."""
    seconds = 0.0 if stage.stop.is_set() else way.settle_seconds
    if seconds and not meter.alone:
        stage.line.step(f"waiting until all is ready again ({fault_id})")
    with suppress(ReconcilerError):
        return meter.settled(attack, blow_at, seconds, stage.stop)
    return Cost()


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Within, SIGINT, SIGTERM and SIGHUP (the terminal was closed) set the event, and nothing else."""
    stop = threading.Event()

    def told(number: int, frame: object) -> None:  # noqa: ARG001  # a handler's signature
        if not stop.is_set():
            with suppress(OSError):  # the stream's own buffer may be in use just now, and nobody may read it any more
                os.write(2, b"\nending: everything is undone first\n")
        stop.set()

    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            stack.callback(signal.signal, number, signal.signal(number, told))
        yield stop
