"""`reconciler images`: the project's own images, each built after those that it stands on, and how they are.

Before: setup.images, which finds and compares; setup.build_all, which builds. After: cli.main registers it. Exit 0 when
every image is as its folder says, 1 when a build failed (with its last lines), 64 for a name that isn't there.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import output
from reconciler.cli.options import EngineOption, with_engine
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.setup.images import Folder

app = typer.Typer(help="Build the project's own images.", no_args_is_help=True)

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Folders under images/; default all.")
]
ImagesOption = Annotated[
    Path | None,
    typer.Option("--images", help="The directory with a folder for each image. Default: ./images, else ours."),
]


@app.command()
def build(
    names: NamesArgument = None,
    images: ImagesOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="How many at once. Default: the processors, 2 to 4.", show_default=False
        ),
    ] = None,
    engine: EngineOption = None,
) -> None:
    """Build what is missing or changed, as reconciler/NAME:latest; what is up to date is left alone.

    An image is built after those that its Dockerfile names in FROM or COPY --from; what can be is built side by side.

    Examples: `reconciler images build`, `reconciler images build --jobs 1 base`.
    """
    # The engine's SDK takes long to import, and few commands need this room.
    from reconciler.setup.build_all import build_missing
    from reconciler.setup.images import folders
    from reconciler.setup.locate import find_engine

    chosen = _chosen(folders(_directory(images)), names or [])
    build_missing(find_engine(with_engine(engine), Path.home()), chosen, output.console(), jobs=jobs)


def _directory(asked: Path | None) -> Path | None:
    """The directory to look in; None is the program's own checkout."""
    if asked is not None:
        if not asked.is_dir():
            raise UsageError(f"--images {asked}: there is no such directory")
        return asked.resolve()
    here = Path.cwd() / "images"
    return here if any(here.glob("*/Dockerfile")) else None


def _chosen(found: "tuple[Folder, ...]", names: list[str]) -> "tuple[Folder, ...]":
    """The folders asked for and those that they stand on, in order of building."""
    from reconciler.setup.image_order import with_parents

    if not found:
        raise UsageError("there is no image to build: no images/*/Dockerfile here; give --images DIR")
    known = {folder.name: folder for folder in found}
    unknown = [name for name in names if name not in known]
    if unknown:
        close = [match for name in unknown for match in get_close_matches(name, known, n=1)]
        meant = f"did you mean {', '.join(close)}? " if close else ""
        raise UsageError(f"no image {', '.join(unknown)}; {meant}there are: {', '.join(sorted(known))}")
    parents = {folder.reference: folder.parents for folder in found}
    wanted = with_parents(parents, {known[name].reference for name in names} or set(parents))
    return tuple(folder for folder in found if folder.reference in wanted)
