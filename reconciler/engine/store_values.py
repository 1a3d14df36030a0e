"""What the store keeps, as values, and how it says that the disk failed it.

Before: the loop, which hands them in. After: store_memory, store_file. No disk, no threads here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision


class StoreError(Exception):
    """The file can't be used now (full, locked, read-only, gone); the same call may succeed later."""


class BrokenStoreError(StoreError):
    """The file is no store of ours, or a broken one: it has to make room for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecsDirectory:
    """Which directory was watched: its real path and what the file system calls it (device and inode)."""

    path: str
    dev: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodSpec:
    """The text of a spec that was in force, as bytes, and the name of the file it came from."""

    text: bytes
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that one store holds; events in rising order of their ids, each cluster's revisions oldest first."""

    events: tuple[Event, ...] = ()
    revisions: Mapping[str, tuple[KeptRevision, ...]] = field(default_factory=dict)
    specs: Mapping[str, GoodSpec] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    directory: SpecsDirectory | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What the file doesn't hold yet; None, False and no revisions: the entry goes. `prune_below`: older event ids go.

    `version` is the memory's version that the file will have reached with it.
    """

    version: int
    events: tuple[Event, ...] = ()
    revisions: Mapping[str, tuple[KeptRevision, ...]] = field(default_factory=dict)
    specs: Mapping[str, GoodSpec | None] = field(default_factory=dict)
    confirmed: Mapping[str, bool] = field(default_factory=dict)
    held: Mapping[str, bool] = field(default_factory=dict)
    directory: SpecsDirectory | None = None
    notes: Mapping[str, str | None] = field(default_factory=dict)
    prune_below: int = 0
