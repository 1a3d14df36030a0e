"""Spec files from anywhere: read, parsed, checked together, every problem of all of them at once.

Before: validate, plan, apply with their paths. After: spec.read, spec.parse, spec.world.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import Problem, SpecError, UsageError
from reconciler.spec.directory import cluster_of, is_spec_name, listing
from reconciler.spec.parse import Parsed, parse, printable_file
from reconciler.spec.policy import Policy
from reconciler.spec.read import read_spec
from reconciler.spec.world import check_together

_MEANT = re.compile(r"[^.].*\.ya?ml(\.txt)?", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Sources:
    """What was read: bytes and specs by the file's path as it is shown, and every problem found on the
    way. `unread` are files that are there and can't be read.
    """

    texts: dict[str, bytes] = field(default_factory=dict)
    parsed: dict[str, Parsed] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def named(self) -> dict[str, bytes]:
        """The texts by their bare file names."""
        return {Path(file).name: text for file, text in self.texts.items()}

    def clusters(self) -> tuple[str, ...]:
        """The clusters that these files are about, readable or not."""
        return tuple(sorted({cluster_of(Path(file).name) for file in self.texts}))

    def raise_problems(self) -> None:
        """SpecError with all of them, in the order of the files."""
        if self.problems:
            unique = dict.fromkeys(self.problems)
            raise SpecError(tuple(sorted(unique, key=lambda p: (p.file, p.line, p.column))))


def read_sources(paths: Iterable[Path], rules: Policy, *, apart: Collection[Path] = ()) -> Sources:
    """Read files, and the spec files of directories, but none that is `apart`. Raises UsageError for a path that isn't
    there.
    """
    sources = Sources()
    for path in paths:
        if path.is_dir():
            _read_directory(path, sources, rules, apart)
        elif path in apart:
            continue
        elif path.is_symlink() or path.exists():
            if not is_spec_name(path.name):
                raise UsageError(f"{path} is no spec file: its name must end in .yaml or .yml")
            _read_file(path, path.parent, sources, rules)
        else:
            raise UsageError(f"{path}: no such file or directory")
    return sources


def given(files: Mapping[str, bytes], rules: Policy) -> Sources:
    """Files that somebody sent, by bare name. Raises UsageError for a name that can't be a spec file's."""
    sources = Sources()
    for name, text in files.items():
        insist_on_name(name)
        sources.texts[name] = text
        try:
            sources.parsed[name] = parse(text, file=name, policy=rules)
        except SpecError as error:
            sources.problems += error.problems
    return sources


def insist_on_name(name: str) -> None:
    """Raises UsageError for a name that can't be a spec file's in the directory itself."""
    if not is_spec_name(name) or Path(name).name != name or not name.isprintable():
        raise UsageError(f"{printable_file(name)!r} is no spec file: its bare name ends in .yaml or .yml")


def readable_texts(directory: Path) -> dict[str, bytes]:
    """The texts of the directory's spec files, by bare name, as far as they can be read."""
    found = {}
    for path in spec_files(directory):
        with suppress(SpecError):
            read = read_spec(path)
            if read is not None:
                found[path.name] = read.data
    return found


def near_misses(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Files in these directories that were surely meant as specs, but whose names don't count."""
    names = (entry for path in paths if path.is_dir() for entry in path.iterdir())
    return tuple(sorted(path for path in names if _MEANT.fullmatch(path.name) and not is_spec_name(path.name)))


def spec_files(directory: Path) -> tuple[Path, ...]:
    """The files in it that the loop would read."""
    found = listing((entry.name for entry in directory.iterdir()), directory=str(directory))
    return tuple(directory / name for name in sorted(found.files.values()))


def _read_directory(directory: Path, sources: Sources, rules: Policy, apart: Collection[Path]) -> None:
    found = listing((entry.name for entry in directory.iterdir()), directory=str(directory))
    sources.problems += found.problems
    doubled = [name for names in found.doubled.values() for name in names]
    for name in sorted([*found.files.values(), *doubled]):
        if directory / name not in apart:
            _read_file(directory / name, directory, sources, rules)


def _read_file(path: Path, directory: Path, sources: Sources, rules: Policy) -> None:
    shown = str(path)
    try:
        read = read_spec(path, directory=directory)
        if read is not None:
            sources.texts[shown] = read.data
            sources.parsed[shown] = parse(read.data, file=shown, policy=rules)
    except SpecError as error:
        sources.problems += error.problems
        if shown not in sources.texts and (path.is_symlink() or not path.is_dir()):
            sources.unread.append(shown)


def check_all(sources: Sources, *, strict: bool = True) -> None:
    """Add what only several files together get wrong, then raise SpecError if there is anything."""
    sources.problems += check_together(sources.parsed, strict=strict)
    sources.raise_problems()


def new_problems(before: Mapping[str, Parsed], after: Mapping[str, Parsed]) -> tuple[Problem, ...]:
    """What the files together get wrong only since the change: old trouble of others doesn't stop anybody."""
    old = set(check_together(before, strict=True))
    return tuple(problem for problem in check_together(after, strict=True) if problem not in old)
