"""`reconciler images`: the project's own images, each built after those that it stands on, and how they are.

Before: setup.images, which finds and compares; setup.build_all, which builds. After: cli.main registers it. Exit 0 when
every image is as its folder says, 1 when a build failed (with its last lines), 64 for a name that isn't there.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import output
from reconciler.cli.options import EngineOption, with_engine
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from reconciler.setup.images import Folder, State

app = typer.Typer(help="Images of this project, and of one's own.", no_args_is_help=True)

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
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Build all of them, and every step anew, whatever the engine has kept.")
    ] = False,
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
    build_missing(find_engine(with_engine(engine), Path.home()), chosen, output.console(), jobs=jobs, anew=no_cache)


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


@app.command("list")
def list_(
    names: NamesArgument = None,
    images: ImagesOption = None,
    form: Annotated[output.Plain, typer.Option("-o", "--output", help="For people, or for scripts.")] = (
        output.Plain.TEXT
    ),
    engine: EngineOption = None,
) -> None:
    """Say of each image whether it is built and up to date, how large it is, and when it was made.

    Examples: `reconciler images list`, `reconciler images list -o json base`.
    """
    from reconciler.setup.images import folders, states
    from reconciler.setup.locate import find_engine

    chosen = _chosen(folders(_directory(images)), names or [])
    found = states(find_engine(with_engine(engine), Path.home()), chosen)
    if form is output.Plain.JSON:
        output.emit_json([_as_json(state) for state in found])
        return
    output.show(_table(found, time.time()))


def _as_json(state: "State") -> dict[str, object]:
    made = state.image and datetime.fromtimestamp(state.image.made_at, tz=UTC)
    return {
        "name": state.folder.name,
        "image": state.folder.reference,
        "state": _word(state),
        "sizeBytes": state.image.size_bytes if state.image else None,
        "made": f"{made:%Y-%m-%dT%H:%M:%SZ}" if made else None,
    }


def _word(state: "State") -> str:
    return "not built" if state.image is None else "up to date" if state.is_right else "outdated"


def _table(found: "Sequence[State]", now: float) -> "Text":
    from rich.text import Text

    from reconciler.console.layout import age, columns

    styles = {"not built": "yellow", "outdated": "yellow", "up to date": "green"}
    rows = [[Text(heading, style="bold") for heading in ("NAME", "IMAGE", "STATE", "SIZE", "AGE")]]
    for state in found:
        size = f"{state.image.size_bytes / 1e6:.0f} MB" if state.image else ""
        made = age(max(now - state.image.made_at, 0.0)) if state.image else ""
        word = _word(state)
        rows.append([Text(state.folder.name), Text(state.folder.reference), Text(word, style=styles[word])])
        rows[-1] += [Text(size), Text(made)]
    return Text("\n").join(columns(rows, right=frozenset({3, 4})))
