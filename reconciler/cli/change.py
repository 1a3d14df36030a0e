"""`delete`, `scale`, `suspend`, `resume`, `confirm`: changes of the watched directory.

Before: main. After: editing (a wish, which becomes an edit of files), the loop. The files stay the truth: nothing here
touches a container.
"""

from typing import Annotated

import typer

from reconciler.changes.wishes import Delete, Resize, Resume, Suspend
from reconciler.cli import output, session
from reconciler.cli.editing import edit, follow_up
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings
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
    edited = edit(settings, Delete(names=tuple(names)))
    follow_up(edited, f"{', '.join(names)}: deleted")


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
    follow_up(edit(settings, Resize(name=name, size=size)), f"{name}: size {size}")


@app.command(rich_help_panel="Change")
@environment
def suspend(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Leave a cluster alone: nothing of it is created, replaced or removed until it is resumed.

    Example: `reconciler suspend webapp`.
    """
    edited = edit(settings, Suspend(name=name))
    follow_up(edited, f"{name}: suspended; `reconciler resume {name}` ends it")


@app.command(rich_help_panel="Change")
@environment
def resume(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster.")],
) -> None:
    """Take a suspended cluster up again.

    Example: `reconciler resume webapp`.
    """
    edited = edit(settings, Resume(name=name))
    follow_up(edited, f"{name}: resumed")


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
