"""`apply`: files from anywhere become what the watched directory holds, all or none, and are waited for.

Before: main. After: changes (checks, the files), the loop or loop.offline (the rest).
"""

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from reconciler.api.client import LoopClient
from reconciler.changes.lacking import Goal, held, lacking
from reconciler.cli import output, session
from reconciler.cli.options import duration_option, environment
from reconciler.cli.patience import Patience
from reconciler.cli.waiting import await_goal
from reconciler.errors import LoopNotRunning, ReconcilerError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import WorldStatus

app = typer.Typer()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What is waited for: the clusters that were applied, and those that are to go. `whole`: nothing else stays."""

    applied: tuple[str, ...]
    removed: tuple[str, ...] = ()
    whole: bool = False

    def with_leftovers(self, world: WorldStatus) -> "_Change":
        """Whatever an earlier prune removed and isn't gone, too: held then, it is held still."""
        if not self.whole:
            return self
        others = {cluster.name for cluster in world.clusters if cluster.name not in self.applied}
        return replace(self, removed=tuple(sorted({*self.removed, *others})))


@app.command(rich_help_panel="Change")
@environment
def apply(
    settings: Settings,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH...]", help="Spec files or directories.")] = None,
    prune: Annotated[
        Path | None,
        typer.Option(
            "--prune",
            help="A directory that holds all that is wanted: applied whole, other specs are removed.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until the applied clusters are ready and the pruned gone, else exit 3 or 4.")
    ] = False,
    timeout: Annotated[float, duration_option("--timeout", help_text="How long --wait and --once last.")] = 120.0,
    once: Annotated[
        bool, typer.Option("--once", help="Bring the world to the specs now, without a running loop.")
    ] = False,
) -> None:
    """Check spec files, then put all of them into the watched directory, or none.

    Exits 0, 1 on errors (nothing was changed), 3 when not ready in time, when a removal is held or only a person can
    lead it on, 4 as soon as a rollout was rolled back.

    Examples: `reconciler apply webapp.yaml --wait`, `reconciler apply --prune envs/staging --wait
    --timeout 5m`,
    `reconciler apply specs/ --once`.
    """
    if not paths and prune is None:
        raise typer.BadParameter("name spec files or directories, or a directory with --prune")
    if prune is not None and not prune.is_dir():
        raise UsageError(f"--prune {prune} is no directory")
    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    if wait and loop is None and not once:
        raise LoopNotRunning("--wait needs a running loop; start one with `reconciler run`, or do it now with --once")
    if loop is not None and not directory.is_dir():
        raise ReconcilerError(f"{directory}, which the loop watches, is gone; bring it back (nothing was changed)")
    change = _place(settings, directory, [*(paths or ()), *([prune] if prune else ())], prune=prune is not None)
    if loop is not None:
        loop.rescan()
        if wait or once:
            files = partial(session.taken_up, loop, directory, settings.policy, change.applied)
            _await(loop, change, Patience(names=change.applied, env=settings.env, files=files), timeout)
    elif once:
        _run_once(settings, change, timeout)
    else:
        output.remark("no loop is running: nothing happens until `reconciler run`, or apply with --once")


def _place(settings: Settings, directory: Path, paths: list[Path], *, prune: bool) -> _Change:
    """Check and place; returns what has to come of it. Raises SpecError with nothing changed."""
    from reconciler.changes.gathering import gather
    from reconciler.changes.placing import locked, place_locked
    from reconciler.changes.sources import read_sources

    sources = read_sources(paths, settings.policy)
    if not sources.texts and not sources.problems:
        raise UsageError(f"{', '.join(map(str, paths))}: no spec files there (*.yaml, *.yml)")
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory):
        gathered = gather(sources, read_sources([directory], settings.policy), prune=prune)
        place_locked(directory, gathered.files)
    _tell(len(gathered.files) - len(gathered.gone), gathered.gone, directory)
    return _Change(applied=gathered.applied, removed=gathered.removed, whole=prune)


def _tell(count: int, gone: tuple[str, ...], directory: Path) -> None:
    removed = f", {len(gone)} removed ({', '.join(gone)})" if gone else ""
    output.say(f"{count} spec{'s' if count != 1 else ''} in {directory}{removed}")


def _await(loop: LoopClient, change: _Change, patience: Patience, timeout: float) -> None:
    """Until the loop has nothing left to do for these files, calls their clusters ready, and the others are gone."""
    deadline = time.monotonic() + timeout
    missing = await_goal(loop.status, change.applied, Goal.READY, deadline, patience.settled, patience.hopeless)
    change = change.with_leftovers(loop.status())
    # What is held needs a person: waiting on would only hide it.
    missing += await_goal(
        loop.status, change.removed, Goal.GONE, deadline, hopeless=lambda world: bool(held(world, change.removed))
    )
    _judge(missing, change, timeout, loop.status() if missing else None, patience)


def _run_once(settings: Settings, change: _Change, timeout: float) -> None:
    from reconciler.loop.offline import run_once

    world = run_once(settings, timeout)
    patience = Patience(names=change.applied, env=settings.env)
    patience.hopeless(world)
    change = change.with_leftovers(world)
    missing = (*lacking(world, change.applied, Goal.READY), *lacking(world, change.removed, Goal.GONE))
    _judge(missing, change, timeout, world, patience)


def _judge(
    missing: tuple[str, ...], change: _Change, timeout: float, world: WorldStatus | None, patience: Patience
) -> None:
    """`world` is as it was seen last; it is asked for only where something is missing."""
    if not missing or world is None:
        for names, word in ((change.applied, "ready"), (change.removed, "gone")):
            if names:
                output.say(f"{', '.join(names)}: {word}")
        return
    for sentence in dict.fromkeys(missing):
        output.remark(sentence)
    kept = held(world, change.removed)
    if kept:
        output.remark(f"Held: {', '.join(kept)}; `reconciler confirm {' '.join(kept)}` lets the removal go on")
    late = f"Not {'done' if change.removed else 'ready'} within {timeout:g} s"
    for sentence in patience.verdict("" if kept else late):
        output.remark(sentence)
    raise typer.Exit(patience.exit_code)
