"""What the watched directory asks for, as one value: the specs in force, the files that can't be read, what
is missing.

Before: parse and the loop's scanner. After: plan. Three states a cluster can be in are kept apart on purpose:
*present* (a spec is in force), *unreadable* (its file is broken: the last good spec, if any, stays in force)
and *absent* (no file in a directory that is readable and the same as before). Only absence removes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.errors import Problem
from reconciler.spec.cluster import ClusterSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One cluster's spec in force (None: its file never was readable) with its hash and its file's present
    problems.

    `spec_hash` covers what is baked into a container, the contents of the secret files included.
    `missing_files` names secret or key files that the spec points at and that are not there. `earlier` are the specs
    that were in force before, by their hash, as far as the store remembers them. `pinned` is the id of the image to
    make instances from, where its tag means another one by now.
    """

    name: str
    spec: ClusterSpec | None
    spec_hash: str = ""
    generation: int = 1
    problems: tuple[Problem, ...] = ()
    missing_files: tuple[str, ...] = ()
    earlier: Mapping[str, ClusterSpec] = field(default_factory=dict)
    pinned: str | None = None

    @property
    def source(self) -> str:
        """What the engine is asked for to make an instance: the pinned image, else the spec's reference."""
        return self.pinned or (self.spec.image if self.spec is not None else "")

    def spec_of(self, spec_hash: str) -> ClusterSpec | None:
        """What an instance with this hash was made from, as far as it is remembered; else the spec in force."""
        return self.spec if spec_hash == self.spec_hash else self.earlier.get(spec_hash, self.spec)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedWorld:
    """The whole directory. `untrusted` says why absence means nothing now (vanished, unreadable, another
    directory).
    """

    clusters: Mapping[str, Wanted] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    untrusted: str | None = None

    @property
    def dns_labels(self) -> frozenset[str]:
        """Every cluster's label in names; the name of one whose file never was readable."""
        return frozenset(wanted.spec.dns_label if wanted.spec else wanted.name for wanted in self.clusters.values())
