"""`status` and `wait`: what is, and when it is as wanted.

Before: main. After: session (the loop, else Docker itself), console (for people), api.encode (for scripts).
"""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from reconciler.changes.ending import Taken
from reconciler.changes.lacking import Goal, troubles
from reconciler.cli import output, session
from reconciler.cli.failures import EXIT_NOT_READY
from reconciler.cli.options import duration_option, environment
from reconciler.cli.output import Format
from reconciler.cli.patience import Patience
from reconciler.cli.waiting import await_goal
from reconciler.errors import LoopNotRunning, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import WorldStatus

app = typer.Typer()

_WATCH_EVENTS = 60


@app.command(rich_help_panel="See")
@environment
def status(
    settings: Settings,
    name: Annotated[str | None, typer.Argument(help="A cluster, or an instance such as webapp1.")] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep it on the screen, up to date.")] = False,
    output_format: Annotated[Format, typer.Option("--output", "-o", help="How to write it.")] = Format.TABLE,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 3 unless everything shown is ready.")] = False,
) -> None:
    """Show clusters, zones and instances, what is being done, and what is wrong.

    Examples: `reconciler status`, `reconciler status webapp -o wide`, `reconciler status --watch`,
    `reconciler status -o json`.
    """
    if watch and output_format in (Format.JSON, Format.YAML):
        raise typer.BadParameter("--watch draws on a terminal; for scripts use `reconciler events -f -o json`")
    if watch:
        _watch(settings, name)
    world = _seen(settings, name)
    if not watch:
        _print(world, output_format, instance=name is not None and name != world.clusters[0].name)
    if exit_code and not ready(world):
        raise typer.Exit(EXIT_NOT_READY)


def _seen(settings: Settings, name: str | None) -> WorldStatus:
    world = session.look(settings)
    return world if name is None else session.only(world, [name])


def ready(world: WorldStatus) -> bool:
    """Everything is as the specs say, and we can see that it is."""
    return not world.engine_problem and not world.problems and all(c.all_ready for c in world.clusters)


def _print(world: WorldStatus, how: Format, *, instance: bool) -> None:
    if how in (Format.JSON, Format.YAML):
        from reconciler.api.encode import status_dict

        (output.emit_json if how is Format.JSON else output.emit_yaml)(status_dict(world))
        return
    from reconciler.console.table import instance_table, status_table
    from reconciler.console.terminal import glyphs_of, text_width

    console = output.console()
    width, glyphs = text_width(console), glyphs_of(console)
    if instance:
        output.show(instance_table(world, width, glyphs=glyphs))
    else:
        output.show(status_table(world, width, glyphs=glyphs, wide=how is Format.WIDE))


def _watch(settings: Settings, name: str | None) -> None:
    from threading import Event as Flag

    from reconciler.console.live import View, watch

    def fetch() -> View:
        try:
            events = session.client(settings).events(cluster=None, limit=_WATCH_EVENTS)
        except LoopNotRunning:
            events = ()
        return _seen(settings, name), events

    try:
        watch(fetch, output.console(), Flag())
    except KeyboardInterrupt:
        return


@app.command(rich_help_panel="See")
@environment
def wait(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Clusters. Default: all that have a file.")
    ] = None,
    goal: Annotated[Goal, typer.Option("--for", help="What to wait for.")] = Goal.READY,
    timeout: Annotated[float, duration_option("--timeout", help_text="How long at most.")] = 120.0,
) -> None:
    """Wait until clusters are ready and tasks completed, or gone, else say what is missing.

    Exits 3 when that takes too long, and at once when only a person can lead it on: a task has failed for good, a
    canary awaits its promotion, a red-black group its judgment, a rollout is paused, or has failed and doesn't go back.
    Exits 4 as soon as a rollout was rolled back.

    Examples: `reconciler wait`, `reconciler wait webapp auth`, `reconciler wait webapp --for gone --timeout 30s`.
    """
    names = names or _all(settings, goal)
    patience = Patience(names=names, env=settings.env, files=_files(settings, names, goal))
    hopeless = patience.hopeless if goal is Goal.READY else lambda _: False
    deadline = time.monotonic() + timeout
    missing = await_goal(_telling(settings, names), names, goal, deadline, patience.settled, hopeless)
    if missing:
        for sentence in (*missing, *patience.verdict(f"Not {goal.value} within {timeout:g} s")):
            output.remark(sentence)
        raise typer.Exit(patience.exit_code)
    output.say(f"{', '.join(names)}: {goal.value}")


def _telling(settings: Settings, names: list[str]) -> Callable[[], WorldStatus]:
    """A look that tells of trouble when it first sees it: who waits for minutes wants to know at once."""
    told: set[str] = set()

    def look() -> WorldStatus:
        world = session.look(settings)
        for key, sentence in troubles(world, names):
            if key not in told:
                told.add(key)
                output.remark(sentence)
        return world

    return look


def _all(settings: Settings, goal: Goal) -> list[str]:
    """Every cluster that has a file. Raises UsageError where there is none, and where all should be gone."""
    if goal is Goal.GONE:
        raise UsageError("wait --for gone: name the clusters whose end is waited for")
    found = session.file_names(settings.specs) if settings.specs.is_dir() else []
    if not found:
        raise UsageError(f"there is nothing to wait for: no spec in {settings.specs}; name a cluster, or give --specs")
    return found


def _files(settings: Settings, names: list[str], goal: Goal) -> Callable[[], Taken]:
    loop = session.running(settings)
    if loop is None or goal is Goal.GONE or not settings.specs.is_dir():
        return Taken
    return lambda: session.taken_up(loop, settings.specs, settings.policy, names)
