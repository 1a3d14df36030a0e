"""What a person can want changed, as frozen values: each becomes an edit of spec files and nothing else.

Before: the command line, the API, the console's forms. After: workshop, which makes the new texts. `kind` is the word
that the API and the forms use. Never here: files, or how a text is edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCluster:
    """What all wishes about one cluster have: its name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize(OfCluster):
    """Another number of instances."""

    kind: ClassVar[str] = "resize"
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextGroup(OfCluster):
    """The next revision: another image, other variables (None removes one), and how to roll it out. Empty: as it is."""

    kind: ClassVar[str] = "next-group"
    image: str = ""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    strategy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(OfCluster):
    """Leave it alone."""

    kind: ClassVar[str] = "suspend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(OfCluster):
    """Take it up again."""

    kind: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(OfCluster):
    """Whether its names, and the registry, lead to it."""

    kind: ClassVar[str] = "traffic"
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(OfCluster):
    """Every instance replaced by a new one of the same."""

    kind: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(OfCluster):
    """Begin nothing more of a rollout."""

    kind: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn(OfCluster):
    """Go on with a paused rollout."""

    kind: ClassVar[str] = "go-on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote(OfCluster):
    """A person's good judgment: the revision that waits for it goes on to all."""

    kind: ClassVar[str] = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(OfCluster):
    """Back to an earlier revision; `to` empty: the one that the present rollout came from, else the newest good one."""

    kind: ClassVar[str] = "undo"
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A whole file, new or in the place of the one that its cluster has."""

    kind: ClassVar[str] = "write"
    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Several files at once, all or none; `prune`: they are all that is wanted, other specs are removed."""

    kind: ClassVar[str] = "apply"
    files: Mapping[str, str]
    prune: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Clusters that go. To name them counts as confirmed."""

    kind: ClassVar[str] = "delete"
    names: tuple[str, ...]


Wish: TypeAlias = (
    Resize | NextGroup | Suspend | Resume | Traffic | Restart | Pause | GoOn | Promote | Undo | Write | Apply | Delete
)
