"""Several files at once become what a directory holds: which file each one takes the place of, and which go.

Before: apply, workshop, with the texts. After: placing. Nothing is written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.changes.sources import Sources, new_problems
from reconciler.spec.directory import cluster_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """`files` by bare name as they are to be, None for those that go; `applied` and `removed` are clusters."""

    files: Mapping[str, bytes | None]
    applied: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def gone(self) -> tuple[str, ...]:
        """The files that go."""
        return tuple(sorted(name for name, content in self.files.items() if content is None))


def gather(sources: Sources, present: Sources, *, prune: bool) -> Gathered:
    """`present` is the directory. `prune`: what `sources` doesn't have goes, also what can't be read. Raises SpecError
    with all problems.
    """
    names = [Path(file).name for file in (*present.texts, *present.unread)]
    kept = {cluster_of(name): name for name in names}
    files: dict[str, bytes | None] = {}
    for file, text in sources.texts.items():
        name = Path(file).name
        files[kept.get(cluster_of(name), name)] = text
    wanted = set(sources.clusters())
    gone = [name for name in names if cluster_of(name) not in wanted] if prune else []
    # A cluster's new text stands for its old one, whatever directory it came from.
    others = {
        file: parsed
        for file, parsed in present.parsed.items()
        if cluster_of(Path(file).name) not in wanted and Path(file).name not in gone
    }
    sources.problems += new_problems(present.parsed, {**others, **sources.parsed})
    sources.raise_problems()
    return Gathered(
        files={**files, **dict.fromkeys(gone)},
        applied=tuple(sorted(wanted)),
        removed=tuple(sorted({cluster_of(name) for name in gone})),
    )
