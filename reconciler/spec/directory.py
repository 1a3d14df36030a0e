"""Which names of a directory count as specs, and which cluster each one is. Names only; nothing is opened
here.

Before: the loop's scanner lists a directory. After: read. Flat: *.yaml and *.yml, no dotfiles; an editor's
temporary files end otherwise or begin with a dot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.errors import Problem
from reconciler.spec.parse import printable_file

_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`files`: file name by cluster name. `doubled`: cluster names that two files claim; neither of them is
    used.
    """

    files: Mapping[str, str]
    doubled: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]


def is_spec_name(name: str) -> bool:
    """Does this file name count? `webapp.yaml` does; `.webapp.yaml`, `webapp.yaml~`, `4913` and `notes.txt`
    don't.
    """
    return name.endswith(_ENDINGS) and not name.startswith(".")


def cluster_of(name: str) -> str:
    """The cluster that a counting file name stands for: its stem."""
    return name.rpartition(".")[0]


def listing(names: Iterable[str], *, directory: str = "") -> Listing:
    """The spec files among a directory's names. `directory` is put before them in messages."""
    by_cluster: dict[str, list[str]] = {}
    for name in sorted(names):
        if is_spec_name(name):
            by_cluster.setdefault(cluster_of(name), []).append(name)
    doubled = {cluster: tuple(found) for cluster, found in by_cluster.items() if len(found) > 1}
    return Listing(
        files={cluster: found[0] for cluster, found in by_cluster.items() if cluster not in doubled},
        doubled=doubled,
        problems=tuple(_claimed_twice(cluster, found, directory) for cluster, found in doubled.items()),
    )


def _claimed_twice(cluster: str, files: tuple[str, ...], directory: str) -> Problem:
    before = directory.rstrip("/") + "/" if directory else ""
    shown = [printable_file(before + name) for name in files]
    said = f"the cluster {printable_file(cluster)} has two files: {' and '.join(shown)}"
    return Problem(file=shown[-1], line=1, column=1, path="", problem=said, fix="keep one of them")
