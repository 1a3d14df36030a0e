"""`delete`, `scale`, `suspend`, `resume`, `confirm`: changes of the watched directory.

Before: main. After: editing (one value of a file, comments kept), placing, the loop. The files stay the truth:
nothing here touches a container.
"""

from typing import Annotated

import typer

from reconciler.api.client import LoopClient
from reconciler.changes.spec_text import SpecText, files_of, instances_only
from reconciler.cli import output, session
from reconciler.cli.editing import edit, follow_up, setting
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.spec.edit import set_key
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
    from reconciler.changes.placing import insist_on_writable, locked, place_locked, real_place

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    with locked(directory):
        files = {name: files_of(directory, name) for name in names}
        for file in (file for found in files.values() for file in found):
            insist_on_writable(real_place(directory, file))  # before anything is taken for confirmed
        for name in names:
            _expect(settings, loop, name)
        place_locked(directory, {file: None for found in files.values() for file in found})
    follow_up(loop, f"{', '.join(names)}: deleted")


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


@app.command(rich_help_panel="Change")
@environment
def scale(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
    size: Annotated[int, typer.Argument(min=0, max=_LARGEST, help="How many instances.")],
) -> None:
    """Set a cluster's size in its file; comments and layout stay.

    Of a cluster that is scaled by itself it is where it starts.

    Example: `reconciler scale webapp 5`.
    """

    def resized(before: SpecText) -> str:
        instances_only(before.spec, "size to set")
        return set_key(before.text, "size", size, file=before.file)

    edited = edit(settings, name, resized)
    follow_up(edited.loop, f"{name}: size {size}")
    limits = edited.after.spec.autoscale
    if limits is not None:
        between = f"between {limits.min} and {limits.max}"
        output.remark(f"{name} is scaled by itself: it starts anew with this size and goes on {between}")


@app.command(rich_help_panel="Change")
@environment
def suspend(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Leave a cluster alone: nothing of it is created, replaced or removed until it is resumed.

    Example: `reconciler suspend webapp`.
    """
    edited = edit(settings, name, setting("suspend", value=True))
    follow_up(edited.loop, f"{name}: suspended; `reconciler resume {name}` ends it")


@app.command(rich_help_panel="Change")
@environment
def resume(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Take a suspended cluster up again.

    Example: `reconciler resume webapp`.
    """
    edited = edit(settings, name, setting("suspend", value=False))
    follow_up(edited.loop, f"{name}: resumed")


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
