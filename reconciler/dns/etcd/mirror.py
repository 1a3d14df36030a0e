"""What etcd has under our prefixes, as far as we know: read once, then kept up to date by changes from two sides.

Before: gateway's listing, our own transactions, the watch. After: ledger. The watch tells of our own writes too, and
may do so before or after the answer to them: of two reports the one with the higher revision counts.
Never here: judging what is there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_KEPT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A key's value, the lease it is under (0: none), and the store's revision at which it was written."""

    value: str
    lease: int
    revision: int


class Mirror:
    """Key to Held."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._deleted: dict[str, int] = {}

    def load(self, held: Mapping[str, Held]) -> None:
        """Forget all and know this."""
        self._held = dict(held)
        self._deleted.clear()

    def get(self, key: str) -> Held | None:
        """What is there; None for nothing."""
        return self._held.get(key)

    def keys(self) -> Iterable[str]:
        """Where anything is."""
        return self._held.keys()

    def all(self) -> Iterable[Held]:
        """All that is there."""
        return self._held.values()

    def put(self, key: str, held: Held) -> None:
        """It was written."""
        if held.revision >= self._known(key):
            self._held[key] = held
            self._deleted.pop(key, None)

    def delete(self, key: str, revision: int) -> None:
        """It was deleted at this revision, which is remembered for a while: a report of an older write may follow."""
        if revision < self._known(key):
            return
        self._held.pop(key, None)
        self._deleted[key] = revision
        if len(self._deleted) > _KEPT:
            del self._deleted[next(iter(self._deleted))]

    def _known(self, key: str) -> int:
        held = self._held.get(key)
        return held.revision if held else self._deleted.get(key, 0)
