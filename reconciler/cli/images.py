"""`reconciler images build`: the project's own images, each built after the one it starts from.

Before: setup.images, which finds, compares and builds. After: cli.main registers it. Exit 0 when every image
is as its folder says, 1 when a build failed (with its last lines), 64 for a name that isn't there.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import EngineOption, with_engine
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.setup.images import Folder

app = typer.Typer(help="Build the project's own images.", no_args_is_help=True)


@app.command()
def build(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Folders under images/; default all.")
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option("--images", help="The directory with a folder for each image. Default: ./images, else ours."),
    ] = None,
    engine: EngineOption = None,
) -> None:
    """Build what is missing or changed, as reconciler/NAME:latest; what is up to date is left alone."""
    # The engine's SDK takes long to import, and few commands need this room.
    from rich.console import Console

    from reconciler.setup.images import build_missing, folders
    from reconciler.setup.locate import find_engine

    found = folders(_directory(images))
    chosen = _chosen(found, names or [])
    console = Console()
    built = build_missing(find_engine(with_engine(engine), Path.home()), chosen, console)
    for folder in chosen:
        state = "built" if folder.reference in built else "up to date"
        console.print(f"{folder.reference}: {state}", markup=False, highlight=False, soft_wrap=True)


def _directory(asked: Path | None) -> Path | None:
    """The directory to look in; None is the program's own checkout."""
    if asked is not None:
        if not asked.is_dir():
            raise UsageError(f"--images {asked}: there is no such directory")
        return asked.resolve()
    here = Path.cwd() / "images"
    return here if any(here.glob("*/Dockerfile")) else None


def _chosen(found: "tuple[Folder, ...]", names: list[str]) -> "tuple[Folder, ...]":
    """The folders asked for and those that they start from, in order of building."""
    if not found:
        raise UsageError("there is no image to build: no images/*/Dockerfile here; give --images DIR")
    known = {folder.directory.name: folder for folder in found}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"no image {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    wanted = {known[name].reference for name in names} or {folder.reference for folder in found}
    for folder in reversed(found):
        if folder.reference in wanted:
            wanted.update(parent if ":" in parent else f"{parent}:latest" for parent in folder.parents)
    return tuple(folder for folder in found if folder.reference in wanted)
