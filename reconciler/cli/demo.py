"""`demo`: the main job shown in under a minute, on a copy of the specs, in an environment of its own.

Before: main. After: demo_stage (what it stands on), demo_scenes (what is shown), setup (images that are missing).
Whatever ends it (the end, a failure, Ctrl-C), it clears up; what a killed one left, the next one clears.
"""

import os
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import output
from reconciler.cli.settings import resolve

if TYPE_CHECKING:
    from reconciler.cli.demo_signals import Ending
    from reconciler.cli.demo_stage import Stage
    from reconciler.console.live import View
    from reconciler.console.narrator import Narrator
    from reconciler.loop.settings import Settings
    from reconciler.setup.locate import Endpoint

app = typer.Typer()

_ENV = "demo"
_EVENTS = 100
_WIDE = 100
_PICTURE_WIDTH = 100
_READ_SECONDS = 3.0


@app.command(rich_help_panel="Run")
def demo(
    env: Annotated[str, typer.Option("--env", help="The environment to make and to remove; not one of yours.")] = _ENV,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE.svg", help="Also save a picture of the dashboard.", show_default=False),
    ] = None,
) -> None:
    """Show the main job: a loop, a first cluster, an edit, a death, a silence, each with its seconds.

    On a terminal the live dashboard stays open at the end, until q or Ctrl-C. Then everything is removed again.

    Example: `reconciler demo`.
    """
    from reconciler.cli.demo_signals import ending
    from reconciler.cli.demo_stage import Stage, the_only_one
    from reconciler.console.narrator import Narrator
    from reconciler.engine.docker import connect
    from reconciler.setup.locate import find_engine

    endpoint = find_engine(os.environ, Path.home())
    settings = _settings(env, endpoint)
    with ExitStack() as stack:
        signals = stack.enter_context(ending())
        engine = stack.enter_context(closing(connect(endpoint.url, tls_directory=endpoint.tls_directory)))
        stack.enter_context(the_only_one(engine.info().id, env))
        narrator = Narrator(output.console())
        stage = Stage(settings, engine)
        if stage.leftovers():
            with narrator.step("Clear up") as step:
                step.came(f"{stage.clear()} that an earlier demo left")
        _provide_images(endpoint, narrator)
        _perform(stage, narrator, signals, picture)


def _settings(env: str, endpoint: "Endpoint") -> "Settings":
    """Where `reconciler status --env demo` looks by itself, so that a second terminal needs no more."""
    from dataclasses import replace

    settings = resolve(env=env, engine=endpoint.url)
    return replace(settings, specs=settings.state / "specs")


def _provide_images(endpoint: "Endpoint", narrator: "Narrator") -> None:
    """The base image and ours on it; seconds where they are there, as after `make setup`."""
    from reconciler.setup import base_image, carried
    from reconciler.setup.build_all import build_missing
    from reconciler.setup.images import folders, missing, to_run

    wanted = to_run(folders())
    if missing(endpoint, wanted):
        base_image.provide(endpoint, carried.look(), narrator.console)
        build_missing(endpoint, wanted, narrator.console)


def _perform(stage: "Stage", narrator: "Narrator", signals: "Ending", picture: Path | None) -> None:
    """Begin, show, end; the end whatever happens."""
    import time

    began_at = time.monotonic()
    try:
        _show(stage, narrator, signals, picture)
        took = time.monotonic() - began_at
        if narrator.console.is_terminal and sys.stdin.isatty():
            _leave_open(stage, narrator)
    except KeyboardInterrupt:
        narrator.say("Interrupted.", "yellow")
        raise
    finally:
        signals.ignore()
        with narrator.step("Clear up", "loop, containers, network, files") as step:
            step.came(f"{stage.clear()} removed, loop ended")
    narrator.say()
    narrator.say(f"All went well: {took:.0f} s, clearing up left out.", "bold green")


def _show(stage: "Stage", narrator: "Narrator", signals: "Ending", picture: Path | None) -> None:
    from reconciler.cli.demo_scenes import FIRST_SIZE, Scenes, set_size
    from reconciler.cli.demo_stage import FIRST

    env = stage.settings.env
    stage.make_directory(_specs())
    file = stage.settings.specs / f"{FIRST}.yaml"
    set_size(file, FIRST_SIZE)  # whatever somebody has tried in the file since
    narrator.say(f"A demo of reconciler in environment {env}, on a copy of specs/:")
    narrator.say(f"  {file}", "cyan")
    narrator.say(f"Watch it from another terminal: reconciler status --watch --env {env}")
    narrator.say()
    scenes = Scenes(stage, narrator, lambda: _photograph(stage, picture))
    stage.start_loop(signals.hold())
    scenes.first_cluster()
    scenes.edit()
    scenes.kill()
    scenes.freeze()
    scenes.nothing_to_do()


def _specs() -> Path:
    """The checkout's specs: the demo shows the same wherever it is called from."""
    import reconciler

    return Path(reconciler.__file__).resolve().parents[1] / "specs"


def _leave_open(stage: "Stage", narrator: "Narrator") -> None:
    """The dashboard until q or Ctrl-C; both are a good end."""
    from reconciler.console.keys import flag_on_key
    from reconciler.console.live import watch

    leave = threading.Event()
    narrator.say()
    narrator.say("The dashboard opens now. Edit the file, kill a container; q or Ctrl-C ends the demo.", "bold")
    footer = "q ends the demo and clears up" if narrator.console.width >= _WIDE else "q ends it"
    try:
        with flag_on_key(sys.stdin.fileno(), b"qQ", leave):
            if not leave.wait(_READ_SECONDS):
                watch(lambda: _view(stage), narrator.console, leave, footer=footer)
    except KeyboardInterrupt:
        return


def _view(stage: "Stage") -> "View":
    return stage.client.status(), stage.client.events(limit=_EVENTS)


def _photograph(stage: "Stage", picture: Path | None) -> None:
    """The dashboard as it is now, as SVG; nothing of this machine's directories is in it."""
    if picture is None:
        return
    import time
    from dataclasses import replace

    from reconciler.console.picture import picture as draw

    world, events = _view(stage)
    svg = draw(replace(world, specs="specs"), events, width=_PICTURE_WIDTH, time=time.strftime("%H:%M:%S"))
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(svg, encoding="utf-8")
