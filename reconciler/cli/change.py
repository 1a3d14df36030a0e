"""`delete`, `scale`, `suspend`, `resume`, `confirm`: changes of the watched directory.

Before: main. After: spec.edit (one value of a file, comments kept), placing, the loop. The files stay the truth:
nothing here touches a container.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from reconciler.api.client import LoopClient
from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.schema import schema

app = typer.Typer()

_LARGEST: int = schema()["properties"]["size"]["maximum"]


@app.command(rich_help_panel="Change")
@environment
def delete(
    settings: Settings,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Clusters.")],
) -> None:
    """Remove clusters: their spec files go, and their containers follow. Named volumes stay.

    Naming a cluster counts as confirmed: the guard against mass deletion doesn't hold it.

    Example: `reconciler delete webapp auth`.
    """
    from reconciler.cli.placing import locked, place_locked

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    with locked(directory):
        files = {name: _files(directory, name) for name in names}
        for name in names:
            _expect(settings, loop, name)
        place_locked(directory, {file: None for found in files.values() for file in found})
    _follow_up(loop, f"{', '.join(names)}: deleted")


def _expect(settings: Settings, loop: LoopClient | None, name: str) -> None:
    if loop is not None:
        loop.expect_delete(name)
        return
    from reconciler.engine.store import FILE_NAME, Store

    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.state / FILE_NAME, output.remark)
    try:
        store.confirm([name])
        store.flush()
    finally:
        store.close()


def _files(directory: Path, name: str) -> tuple[str, ...]:
    """The files of a cluster: one, or two by mistake. Raises ReconcilerError where there is none."""
    from reconciler.spec.directory import listing

    found = listing(entry.name for entry in directory.iterdir())
    if name in found.files:
        return (found.files[name],)
    if name in found.doubled:
        return found.doubled[name]
    known = ", ".join(sorted({*found.files, *found.doubled}))
    there = f"there are {known}" if known else "there are none"
    raise ReconcilerError(f"no spec of a cluster {name!r} in {directory}; {there}")


@app.command(rich_help_panel="Change")
@environment
def scale(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
    size: Annotated[int, typer.Argument(min=0, max=_LARGEST, help="How many instances.")],
) -> None:
    """Set a cluster's size in its file; comments and layout stay.

    Example: `reconciler scale webapp 5`.
    """
    _edit(settings, name, "size", size, f"{name}: size {size}", allowed=_insist_on_instances)


def _insist_on_instances(spec: ClusterSpec) -> None:
    if spec.task is not None:
        raise ReconcilerError(
            f"{spec.name} is a task: it runs once and has no size to set; `reconciler suspend {spec.name}` keeps it "
            "from running (nothing was changed)"
        )


@app.command(rich_help_panel="Change")
@environment
def suspend(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Leave a cluster alone: nothing of it is created, replaced or removed until it is resumed.

    Example: `reconciler suspend webapp`.
    """
    _edit(settings, name, "suspend", value=True, told=f"{name}: suspended; `reconciler resume {name}` ends it")


@app.command(rich_help_panel="Change")
@environment
def resume(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Take a suspended cluster up again.

    Example: `reconciler resume webapp`.
    """
    _edit(settings, name, "suspend", value=False, told=f"{name}: resumed")


def _edit(
    settings: Settings,
    name: str,
    key: str,
    value: int | bool,
    told: str,
    allowed: Callable[[ClusterSpec], None] = lambda _: None,
) -> None:
    """Set one key of a cluster's file, if the file is then still a good spec; `allowed` raises where it may not be."""
    from reconciler.cli.placing import locked, place_locked
    from reconciler.cli.sources import policy
    from reconciler.spec.edit import set_key
    from reconciler.spec.parse import parse_cluster
    from reconciler.spec.read import read_spec

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    with locked(directory):
        file = _single(directory, name)
        read = read_spec(directory / file)
        if read is None:
            raise ReconcilerError(f"{directory / file} went away just now; try again")
        shown = str(directory / file)
        allowed(parse_cluster(read.data, file=shown, policy=policy(settings)))
        edited = set_key(read.data.decode(), key, value, file=shown).encode()
        parse_cluster(edited, file=shown, policy=policy(settings))
        place_locked(directory, {file: edited})
    _follow_up(loop, told)


def _single(directory: Path, name: str) -> str:
    files = _files(directory, name)
    if len(files) > 1:
        raise ReconcilerError(f"{name} has two files in {directory}: {' and '.join(files)}; keep one of them")
    return files[0]


def _follow_up(loop: LoopClient | None, told: str) -> None:
    output.say(told)
    if loop is not None:
        loop.rescan()
    else:
        output.remark("no loop is running: the containers follow when `reconciler run` does")


@app.command(rich_help_panel="Change")
@environment
def confirm(
    settings: Settings,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Only these clusters. Default: all held.")
    ] = None,
) -> None:
    """Let a held mass deletion go on.

    `reconciler status` shows what is held and why. Example: `reconciler confirm`.
    """
    released = session.client(settings).confirm(tuple(names) if names else None)
    if released:
        output.say(f"{', '.join(released)}: will be removed")
    elif names:
        raise ReconcilerError(f"{', '.join(names)}: not held; `reconciler status` shows what is")
    else:
        output.say("nothing is held")
