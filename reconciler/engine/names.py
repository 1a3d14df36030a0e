"""The embedded backend of names: what the loop publishes and what others register, as one frozen table that anyone
may read.

Before: the executor's publish and withdraw, from several threads; the SkyDNS API's registrations. After: the DNS
server, which reads `table()` in its own thread; whoever sends the records elsewhere (`watch`).
Never here: sockets, messages, and deciding which names there should be (plan does).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Lock
from types import MappingProxyType

from reconciler.errors import PermanentError
from reconciler.state.entry import TTL_SECONDS, Entry, entry_of, host_label, is_address
from reconciler.state.names import NameTable
from reconciler.state.records import Record


class EmbeddedNames:
    """The `Names` port in memory, for environment `env` on the engine whose host's name is `hostname`; answers of ours
    may be kept for `ttl_seconds`.

    Writers take turns; readers take the present table and never wait.
    """

    def __init__(self, env: str, hostname: str, ttl_seconds: int = TTL_SECONDS) -> None:
        self.env = env
        self.ttl_seconds = ttl_seconds
        self.host = host_label(hostname)
        self._writing = Lock()
        self._table = NameTable()
        self._records: Mapping[str, Record] = MappingProxyType({})
        self._reserved: tuple[str, ...] = ()
        self._watchers: list[Callable[[], None]] = []

    def table(self) -> NameTable:
        """What every name answers now: a value that no later change touches."""
        return self._table

    def published(self) -> Mapping[str, Record]:
        """The records by container id, as they are answered now: a value that no later change touches."""
        return self._records

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each change from now on, in the thread that made it; it must return at once."""
        self._watchers.append(changed)

    def publish(self, id: str, record: Record) -> None:
        """Answer with `record` from now on; raises PermanentError where its address is no IPv4 address."""
        if not is_address(record.address):
            name = f"{record.instance}.{record.cluster}"
            message = f"{name} can't be published: {record.address!r} is no IPv4 address"
            raise PermanentError(message)
        entry = self._entry(record)
        with self._writing:
            self._change(self._table.placed(id, entry), {**self._records, id: record})

    def withdraw(self, id: str) -> None:
        """Answer with the container `id` no more; done where it has no record."""
        with self._writing:
            if id in self._records:
                left = {other: record for other, record in self._records.items() if other != id}
                self._change(self._table.removed(id), left)

    def reserve(self, clusters: Collection[str]) -> None:
        """These clusters' labels are ours, with or without instances: nobody else's entry answers under them."""
        ours = frozenset((self.env, cluster.lower()) for cluster in clusters)
        with self._writing:
            self._reserved = tuple(sorted(clusters))
            self._change(self._table.reserving(ours), self._records)

    def reserved(self) -> tuple[str, ...]:
        """What was reserved last, in order."""
        return self._reserved

    def replace(self, records: Mapping[str, Record]) -> None:
        """Answer with these records and no others; what was registered stays."""
        with self._writing:
            placed = {id: self._entry(record) for id, record in records.items()}
            table = self._table.changed(placed, self._records.keys() - records.keys())
            self._change(table, dict(records))

    def register(self, id: str, entry: Entry) -> None:
        """Answer with somebody else's `entry`, too; `id` is none of a container."""
        self.change_registered({id: entry}, ())

    def unregister(self, id: str) -> None:
        """Answer with it no more; done where it isn't there."""
        self.change_registered({}, (id,))

    def change_registered(self, placed: Mapping[str, Entry], removed: Iterable[str]) -> None:
        """Register and unregister many in one change."""
        with self._writing:
            gone = [id for id in removed if id not in self._records]
            self._change(self._table.changed(placed, gone), self._records)

    def _entry(self, record: Record) -> Entry:
        return entry_of(record, env=self.env, host=self.host, ttl_seconds=self.ttl_seconds)

    def _change(self, table: NameTable, records: Mapping[str, Record]) -> None:
        changed = table is not self._table
        self._table = table
        self._records = MappingProxyType(dict(records))
        if changed:
            for tell in self._watchers:
                tell()
