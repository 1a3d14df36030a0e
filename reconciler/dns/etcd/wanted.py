"""Which keys there should be, and what in them: kept up to date one record at a time.

Before: layout. After: ledger. Never here: what etcd has; threads.
"""

from collections.abc import Collection, Mapping

from reconciler.dns.etcd.layout import Layout
from reconciler.state.records import Record


class Wanted:
    """All records by container id, and the values of all their keys."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._of: dict[str, Mapping[str, str]] = {}
        self._at: dict[str, dict[str, str]] = {}

    def __contains__(self, id: str) -> bool:
        return id in self._of

    def place(self, id: str, record: Record) -> set[str]:
        """Want this record; the keys that it and its predecessor concern."""
        concerned = self.remove(id)
        self._of[id] = self._layout.values(id, record)
        for key, value in self._of[id].items():
            self._at.setdefault(key, {})[id] = value
        return concerned | self._of[id].keys()

    def remove(self, id: str) -> set[str]:
        """Want no record of this container any more; the keys that this concerns."""
        values = self._of.pop(id, {})
        for key in values:
            del self._at[key][id]
            if not self._at[key]:
                del self._at[key]
        return set(values)

    def value(self, key: str) -> str | None:
        """What should be there. Of several containers (an address changes hands) it is always the same one."""
        values = self._at.get(key)
        return values[max(values)] if values else None

    def keys(self) -> Collection[str]:
        """All keys there should be."""
        return self._at.keys()

    def keys_of(self, id: str) -> Collection[str]:
        """Those of one container."""
        return self._of.get(id, {}).keys()
