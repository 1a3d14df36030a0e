"""What should be in etcd against what is: which keys have to change, and which records are there as they should be.

Before: wanted, mirror. After: keeper, which makes the changes; names, which reports the records.
Never here: threads, the wire. Foreign values are never changed: neither deleted nor overwritten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.dns.etcd.layout import REVERSE, Layout, read_mark
from reconciler.dns.etcd.mirror import Held, Mirror
from reconciler.dns.etcd.wanted import Wanted
from reconciler.state.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Put `value` at `key`, or delete it (None), if it still is as it was at `revision` (0: not there)."""

    key: str
    value: str | None
    revision: int


class Ledger:
    """Both sides for one environment; `lease` is the one that all its keys should be under (0: none yet).

    `version` rises with whatever may change what is right.
    """

    def __init__(self, layout: Layout) -> None:
        self.lease = 0
        self.version = 0
        self._layout = layout
        self._wanted = Wanted(layout)
        self._mirror = Mirror()
        self._loaded = False
        self._withdrawn: set[str] = set()

    # ------------------------------------------------------------ what should be

    def place(self, id: str, record: Record) -> set[str]:
        """Want this record; the keys concerned."""
        self.version += 1
        self._withdrawn.discard(id)
        return self._wanted.place(id, record)

    def remove(self, id: str) -> set[str]:
        """Want none of this container; the keys concerned."""
        self.version += 1
        if not self._loaded:
            self._withdrawn.add(id)
        return self._wanted.remove(id)

    # ------------------------------------------------------------ what is

    def use(self, lease: int) -> None:
        """Want everything under this lease."""
        self.version += 1
        self.lease = lease

    def load(self, held: Mapping[str, Held]) -> dict[str, Record]:
        """All that etcd has. At the first time: the records that an earlier run left, to be taken over.

        Later there are none: what isn't wanted by then was withdrawn while etcd was away.
        """
        self.version += 1
        self._mirror.load(held)
        left = {} if self._loaded else self._left_over()
        self._loaded = True
        self._withdrawn.clear()
        return left

    def _left_over(self) -> dict[str, Record]:
        found: dict[str, tuple[int, Record]] = {}
        for held in self._mirror.all():
            mark = self._layout.ours(held.value)
            if mark is None or mark.record is None or mark.id in self._wanted or mark.id in self._withdrawn:
                continue
            if held.revision >= found.get(mark.id, (0, mark.record))[0]:
                found[mark.id] = (held.revision, mark.record)
        return {id: record for id, (_, record) in found.items()}

    def seen(self, key: str, held: Held | None, revision: int) -> None:
        """Somebody, perhaps we, put or deleted (None) this key."""
        self.version += 1
        if held is None:
            self._mirror.delete(key, revision)
        else:
            self._mirror.put(key, held)

    def made(self, changes: Iterable[Change], revision: int, lease: int) -> None:
        """These changes were made under this lease."""
        self.version += 1
        for change in changes:
            if change.value is None:
                self._mirror.delete(change.key, revision)
            else:
                self._mirror.put(change.key, Held(value=change.value, lease=lease, revision=revision))

    # ------------------------------------------------------------ the difference

    def all_keys(self) -> set[str]:
        """Every key that may have to change."""
        return {*self._wanted.keys(), *self._mirror.keys()}

    def change(self, key: str) -> Change | None:
        """What has to be done to a key; None where it is right, or foreign."""
        wanted, held = self._wanted.value(key), self._mirror.get(key)
        if held is None:
            return None if wanted is None else Change(key=key, value=wanted, revision=0)
        if held.value == wanted and held.lease == self.lease:
            return None
        if held.value != wanted and self._layout.ours(held.value) is None:
            return None
        return Change(key=key, value=wanted, revision=held.revision)

    def right(self, keys: Iterable[str]) -> bool:
        """Nothing has to be done to any of them."""
        return all(self.change(key) is None for key in keys)

    def exact(self, records: Mapping[str, Record]) -> dict[str, Record]:
        """Those of the records whose keys are all as they should be (or foreign: there nothing can be done)."""
        return {id: record for id, record in records.items() if self.right(self._wanted.keys_of(id))}

    def foreign(self, key: str) -> bool:
        """Somebody else's value is at a key that we want."""
        wanted, held = self._wanted.value(key), self._mirror.get(key)
        if wanted is None or held is None or held.value == wanted:
            return False
        return self._layout.ours(held.value) is None

    def occupied(self) -> list[str]:
        """The keys of ours that have somebody else's value, sorted.

        Without the addresses that two loops have alike, on engines of their own: a reverse name is the first one's.
        """
        return sorted(key for key in filter(self.foreign, self._wanted.keys()) if not self._shared(key))

    def _shared(self, key: str) -> bool:
        held = self._mirror.get(key)
        return held is not None and key.startswith(REVERSE) and read_mark(held.value) is not None
