"""The project's own images: one folder each under `images/`, built as `reconciler/<folder>:latest`.

Before: base_image, which they start from. After: doctor, `images build`. Never here: a registry.
A label records the digest of the folder and of what it is made from, so that an unchanged image is never
built again.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from docker.utils.build import create_archive, exclude_paths
from rich.console import Console

from reconciler.setup.base_image import REFERENCE, follow
from reconciler.setup.carried import build_arguments
from reconciler.setup.carried import look as look_carried
from reconciler.setup.findings import Finding
from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import client, image_labels
from reconciler.setup.progress import step

LABEL = "io.reconciler.source"
TO_RUN = frozenset({"base", "skydns"})  # skydns: the DNS server where it runs in a container
_BUILD_SECONDS = 900.0
_FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)", re.MULTILINE | re.IGNORECASE)
_ARG = re.compile(r"^ARG\s+(\w+)\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One image to build: `directory` holds its Dockerfile; `parents` are the references it starts from."""

    directory: Path
    reference: str
    parents: tuple[str, ...]


def folders(root: Path | None = None) -> tuple[Folder, ...]:
    """The images of a checkout, each after those it starts from; none where only the program is installed."""
    images = root or Path(__file__).resolve().parents[2] / "images"
    found = {folder.reference: folder for folder in map(_folder, sorted(images.glob("*/Dockerfile")))}
    return tuple(_parents_first(found))


def to_run(found: Sequence[Folder]) -> tuple[Folder, ...]:
    """Those of the images that a reconciler needs to run, which set-up provides; the rest takes minutes to build."""
    return tuple(folder for folder in found if folder.directory.name in TO_RUN)


def _folder(dockerfile: Path) -> Folder:
    directory = dockerfile.parent
    parents = tuple(_FROM.findall(dockerfile.read_text(encoding="utf-8")))
    return Folder(directory=directory, reference=f"reconciler/{directory.name}:latest", parents=parents)


def _parents_first(found: Mapping[str, Folder]) -> Iterator[Folder]:
    done: set[str] = set()

    def visit(folder: Folder) -> Iterator[Folder]:
        if folder.reference in done:
            return
        done.add(folder.reference)
        for parent in folder.parents:
            if _tagged(parent) in found:
                yield from visit(found[_tagged(parent)])
        yield folder

    for folder in found.values():
        yield from visit(folder)


def _tagged(reference: str) -> str:
    return reference if ":" in reference else f"{reference}:latest"


def digests(wanted: Sequence[Folder], *, base: str) -> dict[str, str]:
    """Reference to digest, over a folder's files and its parents' digests; `base` is the base image's."""
    known = {REFERENCE: base}
    for folder in wanted:
        whole = hashlib.sha256()
        for parent in folder.parents:
            whole.update(known.get(_tagged(parent), parent).encode() + b"\0")
        for name in _files(folder.directory):
            content = (folder.directory / name).read_bytes()
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
        known[folder.reference] = whole.hexdigest()[:16]
    return known


def _files(directory: Path) -> list[str]:
    return [name for name in _context(directory) if (directory / name).is_file()]


def _context(directory: Path) -> list[str]:
    ignore = directory / ".dockerignore"
    patterns = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    return sorted(exclude_paths(str(directory), [*patterns, "**/__pycache__"]))


def _packed(directory: Path) -> IO[bytes]:
    # The stubs know only part of what the SDK returns here: a temporary file.
    return cast("IO[bytes]", create_archive(str(directory), files=_context(directory)))


def missing(endpoint: Endpoint, wanted: Sequence[Folder]) -> list[tuple[Folder, str]]:
    """The folders whose image is absent or was built from something else, with the digest it should have."""
    right = digests(wanted, base=look_carried().digest)
    return [
        (folder, right[folder.reference])
        for folder in wanted
        if (image_labels(endpoint, folder.reference) or {}).get(LABEL) != right[folder.reference]
    ]


def look(endpoint: Endpoint, wanted: Sequence[Folder]) -> Finding:
    """The finding `images`."""
    lacking = [folder.reference for folder, _ in missing(endpoint, wanted)]
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


def build_missing(endpoint: Endpoint, wanted: Sequence[Folder], console: Console) -> list[str]:
    """Build what is absent or outdated; the references built. Raises SetupError with the last lines."""
    lacking = missing(endpoint, wanted)
    for folder, digest in lacking:
        build(endpoint, folder, digest, console)
    return [folder.reference for folder, _ in lacking]


def build(endpoint: Endpoint, folder: Folder, digest: str, console: Console) -> None:
    """Build one image, whatever is there under its name."""
    with (
        step(console, f"Building {folder.reference}") as line,
        client(endpoint, timeout_seconds=_BUILD_SECONDS) as api,
        closing(_packed(folder.directory)) as context,
    ):
        output = api.build(
            fileobj=context,
            custom_context=True,
            tag=folder.reference,
            labels={LABEL: digest},
            buildargs=_arguments(folder),
            rm=True,
            forcerm=True,
            decode=True,
        )
        follow(output, line)


def _arguments(folder: Folder) -> dict[str, str]:
    """What this machine's environment says of the arguments that the Dockerfile declares without a value."""
    text = (folder.directory / "Dockerfile").read_text(encoding="utf-8")
    return build_arguments(_ARG.findall(text), os.environ)
