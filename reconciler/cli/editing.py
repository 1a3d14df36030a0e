"""A command's change of one spec file: found, read, edited and checked under the directory's lock, then placed.

Before: change, rollout. After: spec.edit and spec.put_back (the text), placing (the file), the loop, which follows. The
file stays the truth: where it may not be written, it is left as it is, and so is everything else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.api.client import LoopClient
from reconciler.cli import output, session
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.edit import Value, set_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecText:
    """A file's text and what it says; `file` is its path as it is shown."""

    file: str
    text: str
    spec: ClusterSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What a file was and what it has become (or would become)."""

    before: SpecText
    after: SpecText
    loop: LoopClient | None

    @property
    def changed(self) -> bool:
        """Whether there was anything to change."""
        return self.before.text != self.after.text


def edit(settings: Settings, name: str, change: Callable[[SpecText], str], *, dry_run: bool = False) -> Edited:
    """Have `change` make the new text of a cluster's file, which has to be a good spec; `dry_run`: leave the file.

    Raises SpecError, UsageError or ReconcilerError, and nothing was changed then; `change` raises where it may not be.
    """
    from reconciler.cli.placing import locked, place_locked

    loop = session.running(settings)
    directory = session.insist_on_watched(settings, loop)
    with locked(directory):
        file = _single(directory, name)
        before = _read(settings, directory, file)
        after = _parsed(settings, directory / file, change(before).encode())
        if not dry_run:
            place_locked(directory, {file: after.text.encode()})
    return Edited(before=before, after=after, loop=loop)


def setting(path: str | tuple[str, ...], value: Value) -> Callable[[SpecText], str]:
    """The change that sets one value."""
    return lambda before: set_key(before.text, path, value, file=before.file)


def instances_only(spec: ClusterSpec, lack: str) -> None:
    """Raises ReconcilerError for a task, which lacks something."""
    if spec.task is not None:
        raise ReconcilerError(
            f"{spec.name} is a task: it runs once and has no {lack}; `reconciler suspend {spec.name}` keeps it "
            "from running (nothing was changed)"
        )


def _read(settings: Settings, directory: Path, file: str) -> SpecText:
    from reconciler.spec.read import read_spec

    read = read_spec(directory / file)
    if read is None:
        raise ReconcilerError(f"{directory / file} went away just now; try again")
    return _parsed(settings, directory / file, read.data)


def _parsed(settings: Settings, path: Path, data: bytes) -> SpecText:
    from reconciler.cli.sources import policy
    from reconciler.spec.parse import parse_cluster

    spec = parse_cluster(data, file=str(path), policy=policy(settings))
    return SpecText(file=str(path), text=data.decode(), spec=spec)


def files_of(directory: Path, name: str) -> tuple[str, ...]:
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


def _single(directory: Path, name: str) -> str:
    files = files_of(directory, name)
    if len(files) > 1:
        raise ReconcilerError(f"{name} has two files in {directory}: {' and '.join(files)}; keep one of them")
    return files[0]


def follow_up(loop: LoopClient | None, told: str) -> None:
    """Say what was done, and have the loop see it."""
    output.say(told)
    if loop is not None:
        loop.rescan()
    else:
        output.remark("no loop is running: the containers follow when `reconciler run` does")
