"""A cluster's file found, read and understood: what a wish starts from.

Before: a directory's listing. After: texts (what a wish makes of it), workshop. Nothing is written here.
"""

from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.directory import listing
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.spec.read import read_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecText:
    """A file's text and what it says; `file` is its path as it is shown."""

    file: str
    text: str
    spec: ClusterSpec


def read_text(directory: Path, file: str, policy: Policy) -> SpecText:
    """The file as it is. Raises SpecError where it isn't good, ReconcilerError where it isn't there any more."""
    read = read_spec(directory / file)
    if read is None:
        raise ReconcilerError(f"{directory / file} went away just now; try again")
    return understood(directory / file, read.data, policy)


def understood(path: Path, data: bytes, policy: Policy) -> SpecText:
    """These bytes, as the file's. Raises SpecError where they are no good spec."""
    spec = parse_cluster(data, file=str(path), policy=policy)
    return SpecText(file=str(path), text=data.decode(), spec=spec)


def instances_only(spec: ClusterSpec, lack: str) -> None:
    """Raises ReconcilerError for a task, which lacks something."""
    if spec.task is not None:
        raise ReconcilerError(
            f"{spec.name} is a task: it runs once and has no {lack}; `reconciler suspend {spec.name}` keeps it "
            "from running (nothing was changed)"
        )


def files_of(directory: Path, name: str) -> tuple[str, ...]:
    """The files of a cluster: one, or two by mistake. Raises ReconcilerError where there is none."""
    found = listing(entry.name for entry in directory.iterdir())
    if name in found.files:
        return (found.files[name],)
    if name in found.doubled:
        return found.doubled[name]
    known = ", ".join(sorted({*found.files, *found.doubled}))
    there = f"there are {known}" if known else "there are none"
    raise ReconcilerError(f"no spec of a cluster {name!r} in {directory}; {there}")


def single(directory: Path, name: str) -> str:
    """A cluster's one file. Raises ReconcilerError where there is none, or two."""
    files = files_of(directory, name)
    if len(files) > 1:
        raise ReconcilerError(f"{name} has two files in {directory}: {' and '.join(files)}; keep one of them")
    return files[0]
