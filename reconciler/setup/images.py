"""The project's own images: one folder each under `images/`, built as `reconciler/<folder>:latest`.

Before: dockerfile, image_order, base_image, which they start from. After: build_all, doctor, `images`. Never here: a
registry, a build.
A label records the digest of the folder and of what it is made from, so that an unchanged image is never built again.
"""

import hashlib
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docker.utils.build import exclude_paths

from reconciler.setup.base_image import REFERENCE
from reconciler.setup.carried import look as look_carried
from reconciler.setup.dockerfile import Dockerfile, read
from reconciler.setup.findings import Finding, SetupError
from reconciler.setup.image_order import parents_first
from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import LocalImage, local_images

LABEL = "io.reconciler.source"
PREFIX = "reconciler/"
TO_RUN = frozenset({"base", "skydns"})  # skydns: the DNS server where it runs in a container
OURS = Path(__file__).resolve().parents[2] / "images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One image to build: `directory` holds its Dockerfile; `parents` are the references it is made from."""

    directory: Path
    reference: str
    parents: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a person calls it by: the folder's name."""
        return self.directory.name


def folders(root: Path | None = None) -> tuple[Folder, ...]:
    """The images of a directory, each after those it stands on; none where only the program is installed.

    What they start from and the directory has no folder for is taken from the program's own images. Raises SetupError
    for a circle.
    """
    found = {folder.reference: folder for folder in map(_folder, sorted((root or OURS).glob("*/Dockerfile")))}
    if root is not None:
        _add_ours(found)
    order = parents_first({reference: folder.parents for reference, folder in found.items()})
    return tuple(found[reference] for reference in order)


def _add_ours(found: dict[str, Folder]) -> None:
    left = [parent for folder in found.values() for parent in folder.parents]
    while left:
        parent = left.pop()
        dockerfile = OURS / parent.removeprefix(PREFIX).removesuffix(":latest") / "Dockerfile"
        if parent.startswith(PREFIX) and parent not in found and dockerfile.is_file():
            found[parent] = _folder(dockerfile)
            left += found[parent].parents


def to_run(found: Sequence[Folder]) -> tuple[Folder, ...]:
    """Those of the images that a reconciler needs to run, which set-up provides; the rest takes minutes to build."""
    return tuple(folder for folder in found if folder.name in TO_RUN)


def _folder(dockerfile: Path) -> Folder:
    directory = dockerfile.parent
    return Folder(directory=directory, reference=f"{PREFIX}{directory.name}:latest", parents=parse(directory).parents)


def parse(directory: Path) -> Dockerfile:
    """What the folder's Dockerfile says of other images and of arguments."""
    return read((directory / "Dockerfile").read_text(encoding="utf-8", errors="replace"))


def digests(wanted: Sequence[Folder], *, base: str, ids: Mapping[str, str] | None = None) -> dict[str, str]:
    """Reference to digest, over a folder's files and its parents' digests; `base` is the base image's.

    `ids`: what stands for parents that have no folder here.
    """
    known = {**(ids or {}), REFERENCE: base}
    for folder in wanted:
        whole = hashlib.sha256()
        for parent in folder.parents:
            whole.update(known.get(parent, parent).encode() + b"\0")
        for name in _files(folder.directory):
            content = (folder.directory / name).read_bytes()
            mark = "\0x" if (folder.directory / name).stat().st_mode & stat.S_IXUSR else ""
            whole.update(f"{name}{mark}\0{len(content)}\0".encode() + content)
        known[folder.reference] = whole.hexdigest()[:16]
    return known


def _files(directory: Path) -> list[str]:
    return [name for name in context(directory) if (directory / name).is_file()]


def context(directory: Path) -> list[str]:
    """The names of what the engine is sent, below the folder."""
    ignore = directory / ".dockerignore"
    patterns = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    return sorted(exclude_paths(str(directory), [*patterns, "**/__pycache__"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A folder beside what the engine has: `digest` is the one that its image should have.

    `parents`: the digests that the images of ours have from which it is to be made.
    """

    folder: Folder
    digest: str
    image: LocalImage | None
    parents: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """The image is there and was made from what the folder holds now."""
        return self.image is not None and self.image.labels.get(LABEL) == self.digest


def states(endpoint: Endpoint, wanted: Sequence[Folder]) -> tuple[State, ...]:
    """Each folder's state, by one question to the engine. Raises SetupError for a parent that is nowhere."""
    here = local_images(endpoint)
    _insist_on_parents(wanted, here)
    ids = {name: image.labels.get(LABEL, image.id) for name, image in here.items() if name.startswith(PREFIX)}
    right = digests(wanted, base=look_carried().digest, ids=ids)
    ours = {folder.reference for folder in wanted}
    return tuple(
        State(
            folder=folder,
            digest=right[folder.reference],
            image=here.get(folder.reference),
            parents={name: right[name] for name in folder.parents if name in ours},
        )
        for folder in wanted
    )


def _insist_on_parents(wanted: Sequence[Folder], here: Mapping[str, LocalImage]) -> None:
    known = {folder.reference for folder in wanted}
    for folder in wanted:
        for parent in folder.parents:
            if parent.startswith(PREFIX) and parent not in known and parent not in here:
                name = parent.removeprefix(PREFIX).partition(":")[0]
                raise SetupError(
                    f"{folder.directory / 'Dockerfile'} starts from {parent}, and there is neither such an image nor "
                    f"a folder {folder.directory.parent / name} to build it from; correct the name, or add the folder"
                )


def missing(endpoint: Endpoint, wanted: Sequence[Folder]) -> list[State]:
    """The folders whose image is absent or was built from something else."""
    return [state for state in states(endpoint, wanted) if not state.is_right]


def look(endpoint: Endpoint, wanted: Sequence[Folder]) -> Finding:
    """The finding `images`."""
    lacking = [state.folder.reference for state in missing(endpoint, wanted)]
    if not lacking:
        return Finding(
            name="images", ok=True, detail=", ".join(folder.reference for folder in wanted) or "none to build"
        )
    return Finding(
        name="images",
        ok=False,
        problem=f"Not built, or built from other files: {', '.join(lacking)}.",
        remedy="Build them: `reconciler images build` (--fix does it).",
    )
