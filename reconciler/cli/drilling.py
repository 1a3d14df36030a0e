"""`drill`: an operational test from a file, checked, run, measured, reported; leashed unless --unleash.

Before: main. After: drill (all that is pure), drill_stage (all that isn't), drill_display. Exit 0 when everything
that was expected came true; 1 with the first that didn't; 64 for a usage error; 130 after Ctrl-C, all undone.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from random import Random, SystemRandom
from shutil import get_terminal_size
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli import output, session
from reconciler.cli.failures import EXIT_ERROR
from reconciler.cli.options import environment
from reconciler.cli.output import Plain
from reconciler.cli.undoing import asked_to_end
from reconciler.errors import LoopNotRunning, SpecError, UsageError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.api.client import LoopClient
    from reconciler.cli.drill_stage import RealStage
    from reconciler.drill.check import Rehearsal
    from reconciler.drill.values import Drill

app = typer.Typer()

_SEEDS = 2**32
_FILES = ("report.json", "report.html", "history.jsonl", "clients.log")


@app.command(rich_help_panel="Change")
@environment
def drill(
    settings: Settings,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The drill: a YAML file with `kind: Drill`.")],
    unleash: Annotated[
        bool, typer.Option("--unleash", help="Do it. Without it: check, and say what would be done.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Directory for the report. Default: ./drills/NAME-TIME.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=_SEEDS - 1, help="For what the file leaves to chance.", show_default=False),
    ] = None,
    output_format: Annotated[Plain, typer.Option("--output", "-o", help="How to write the result.")] = Plain.TEXT,
) -> None:
    """Break the environment as the file says, measure what that costs, and hold it against what the file expects.

    Needs a running loop. Whatever ends it, all faults are undone and all specs put back; the report is written.

    Examples: `reconciler drill drills/zone.yaml`, `reconciler drill drills/zone.yaml --unleash --report out`.
    """
    read = _read(file)
    loop = session.running(settings)
    if loop is None:
        raise LoopNotRunning("a drill needs the environment's loop; start it with `reconciler run`")
    place = _place(report, read, loop)
    stop = Event()
    with _stage(settings, read, loop, place, stop) as (stage, engine_id):
        _check(read, stage, output_format, unleash=unleash)
        if not unleash:
            return
        # Until now a signal ends the command as it ends any other: nothing was begun.
        with _the_only_one(engine_id, settings.env), asked_to_end(stop):
            chance = SystemRandom().randrange(_SEEDS) if seed is None else seed
            document = _perform(settings, read, stage, place, chance)
    _tell(document, place, output_format)


@contextmanager
def _stage(
    settings: Settings, read: "Drill", loop: "LoopClient", place: Path, stop: Event
) -> Iterator[tuple["RealStage", str]]:
    """What the drill is done on, and the engine's id; `stop` asks for its end."""
    from reconciler.cli.drill_stage import RealStage
    from reconciler.engine.docker import connect

    with closing(connect(settings.engine_url)) as engine:
        yield RealStage(settings, engine, loop, read, place, stop), engine.info().id


def _read(file: Path) -> "Drill":
    from reconciler.drill.reading import parse_drill
    from reconciler.spec.read import read_spec

    read = read_spec(file)
    if read is None:
        raise UsageError(f"{file}: no such file")
    return parse_drill(read.data, file=str(file))


def _place(report: Path | None, read: "Drill", loop: "LoopClient") -> Path:
    """Where the report goes. Raises UsageError for a place among the specs."""
    place = report or Path("drills") / f"{read.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    specs = loop.info().get("specs", "")
    if place.exists() and not place.is_dir():
        raise UsageError(f"{place} is no directory; give one with --report")
    if specs and place.resolve().is_relative_to(Path(specs).resolve()):
        raise UsageError(f"{place} is in {specs}, which the loop watches; give another directory with --report")
    return place


def _check(read: "Drill", stage: "RealStage", output_format: Plain, *, unleash: bool) -> None:
    from reconciler.drill.check import rehearse

    found = rehearse(read, stage)
    if found.problems:
        raise SpecError(found.problems)
    if not unleash:
        _say_leashed(read, found, output_format)


def _say_leashed(read: "Drill", found: "Rehearsal", output_format: Plain) -> None:
    from reconciler.drill.rules import least_seconds, longest_seconds
    from reconciler.spec.units import show_seconds

    least, most = least_seconds(read.steps), longest_seconds(read.steps)
    if output_format is Plain.JSON:
        steps = [{"depth": one.depth, "text": one.text, "says": list(one.says)} for one in found.planned]
        told = {"drill": read.name, "about": read.about, "unleashed": False, "least_seconds": least}
        output.emit_json({**told, "longest_seconds": most, "steps": steps})
        return
    output.say(f"Drill {read.name}: {read.about}" if read.about else f"Drill {read.name}")
    for one in found.planned:
        output.say(f"  {'  ' * one.depth}{one.text}")
        for sentence in one.says:
            output.say(f"  {'  ' * one.depth}    now: {sentence}")
    output.say(f"It takes {show_seconds(least)} to {show_seconds(most)}, and nothing speaks against it.")
    output.say("leashed: add --unleash")


def _perform(settings: Settings, read: "Drill", stage: "RealStage", place: Path, seed: int) -> dict[str, Any]:
    """Run it and write the report. Raises OSError before anything is touched where that can't be written."""
    from reconciler.cli.drill_display import Display
    from reconciler.drill.page import page
    from reconciler.drill.recording import Recording
    from reconciler.drill.report import About, document
    from reconciler.drill.runner import run

    _prepare(place)
    recording = Recording(stage.clock.now())
    with Display(read, recording, stage.clock, lambda: stage.load_words, quiet=False):
        ending = run(read, stage, stage.clock, recording, Random(seed))  # noqa: S311  # to be repeatable
    about = About(environment=settings.env, version=version("reconciler"), seed=seed)
    made = document(read, ending, recording.measured(stage.clock.now()), about)
    text = json.dumps(made, indent=1, ensure_ascii=False, default=str)
    (place / "report.json").write_text(text + "\n", encoding="utf-8")
    (place / "report.html").write_text(page(json.loads(text)), encoding="utf-8")
    return made


def _prepare(place: Path) -> None:
    """The report's directory, without what an earlier drill left in it. Who is killed has not passed."""
    from reconciler.drill.report import TYPE

    place.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (place / name).unlink(missing_ok=True)
    begun = {"type": TYPE, "passed": False, "verdict": "not over: it is still running, or was killed"}
    (place / "report.json").write_text(json.dumps(begun) + "\n", encoding="utf-8")


def _tell(document: dict[str, Any], place: Path, output_format: Plain) -> None:
    """The result. Raises typer.Exit, KeyboardInterrupt for what the drill ended with."""
    from reconciler.cli.drill_display import results

    if output_format is Plain.JSON:
        output.emit_json(document)
    else:
        width = max(40, get_terminal_size((80, 24)).columns) if sys.stdout.isatty() else None
        for line in results(document, width):
            output.say(line)
        output.say(f"report: {place / 'report.html'}")
    sys.stdout.flush()
    if document["ending"]["kind"] == "aborted":
        raise KeyboardInterrupt
    if not document["passed"]:
        raise typer.Exit(EXIT_ERROR)


@contextmanager
def _the_only_one(engine_id: str, env: str) -> Iterator[None]:
    """Two drills of one environment would measure each other."""
    from reconciler.engine.lock import acquire
    from reconciler.errors import LockHeld

    try:
        lock = acquire(engine_id, f"{env}/drill")
    except LockHeld as error:
        raise LockHeld(f"another drill of environment {env} is running; wait until it is over") from error
    try:
        yield
    finally:
        lock.release()
