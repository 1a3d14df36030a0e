"""One fault from the command line: said on the leash; unleashed, done in the foreground and undone at its end.

Before: chaos. After: chaos.prepare and chaos.director, chaos_view (words), chaos_cost (what followed).
Signals only set an event here: nothing is broken off in the middle, so everything that was begun is undone.
"""

import sys
import threading
import time
from contextlib import closing, suppress
from random import SystemRandom
from typing import NamedTuple

import typer

from reconciler.chaos.attack import Attack
from reconciler.chaos.director import Director
from reconciler.chaos.faults import Fault
from reconciler.chaos.prepare import prepare
from reconciler.chaos.running import Running
from reconciler.cli import chaos_view as view
from reconciler.cli import output, session
from reconciler.cli.chaos_cost import Cost, Meter
from reconciler.cli.chaos_line import Line
from reconciler.cli.directing import director as joined
from reconciler.cli.failures import EXIT_ERROR
from reconciler.cli.output import Plain
from reconciler.cli.situation import situation
from reconciler.cli.undoing import asked_to_end
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
        stop = threading.Event()
        with asked_to_end(stop), Line(quiet=way.format is Plain.JSON) as line:
            if loop is None:
                director = Director(engine, settings.env, tell=line.step, stop=stop)
            else:
                director = joined(settings, engine, loop, stop, tell=line.step, remark=output.remark)
            director.check(attack)
            if not way.unleash:
                _say_leashed(attack, way.format)
                return
            _do(settings, director, attack, way, _Stage(engine, stop, line))


class _Stage(NamedTuple):
    engine: FaultEngine
    stop: threading.Event
    line: Line


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
