"""One fault from the command line: said on the leash; unleashed, done in the foreground and undone at its end.

Before: chaos. After: chaos.prepare, chaos_course (what is done and what follows), chaos_view (words).
Signals only set an event here: nothing is broken off in the middle, so everything that was begun is undone.
"""

import sys
import threading
from contextlib import closing
from random import SystemRandom
from typing import NamedTuple

import typer

from reconciler.chaos.attack import Attack
from reconciler.chaos.director import Director
from reconciler.chaos.faults import Fault
from reconciler.chaos.prepare import prepare
from reconciler.chaos.report import Report
from reconciler.cli import chaos_view as view
from reconciler.cli import output, session
from reconciler.cli.chaos_cost import Meter
from reconciler.cli.chaos_course import course
from reconciler.cli.chaos_line import Line
from reconciler.cli.directing import director as joined
from reconciler.cli.failures import EXIT_ERROR
from reconciler.cli.output import Plain
from reconciler.cli.situation import situation
from reconciler.cli.undoing import asked_to_end
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import ChaosRefused
from reconciler.loop.settings import Settings


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
    look = None if session.running(settings) is None else session.client(settings).status
    meter = Meter(stage.engine, settings.env, look)
    teller = _OnTerminal(settings, way.format, stage.line)
    report, cost = course(director, attack, meter, way.settle_seconds, stage.stop, teller)
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


class _OnTerminal:
    """Tells a person at the terminal."""

    def __init__(self, settings: Settings, form: Plain, line: Line) -> None:
        self._settings = settings
        self._form = form
        self._line = line

    def in_force(self, report: Report) -> None:
        """On standard output, at once."""
        if self._form is Plain.TEXT:
            self._line.clear()
            output.show(view.in_force(report))
            sys.stdout.flush()

    def holds(self, says: str, left_seconds: float) -> None:
        """The line at the bottom."""
        self._line.count(says, left_seconds, lambda: session.look(self._settings))

    def over(self, why: str) -> None:
        """A remark."""
        self._line.clear()
        output.remark(f"it holds no longer: {why}")

    def ending(self) -> None:
        """Nothing stands at the bottom any more."""
        self._line.clear()

    def settling(self, fault_id: str) -> None:
        """The line at the bottom."""
        self._line.step(f"waiting until all is ready again ({fault_id})")
