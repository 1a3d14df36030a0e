"""The port `Names` on etcd: what the loop publishes is wanted at once, and written as soon as etcd takes it.

Before: the executor's publish and withdraw, from several threads. After: keeper; the embedded names, which know what is
wanted and go on answering whatever becomes of etcd.
Never here: waiting for etcd for longer than a moment. Healing must not depend on it.
"""

from collections.abc import Callable, Collection, Mapping

from reconciler.dns.etcd.address import parse_address
from reconciler.dns.etcd.keeper import Keeper
from reconciler.dns.etcd.layout import Layout
from reconciler.dns.etcd.ledger import Ledger
from reconciler.dns.etcd.mirror import Held
from reconciler.engine.names import EmbeddedNames
from reconciler.state.names import NameTable
from reconciler.state.records import Record

WRITE_SECONDS = 1.0


class EtcdNames:
    """Names of `env` under `domain` in the etcd at `url`, written by the loop on the engine `host` (a label).

    `inner` keeps what is wanted. `on_change` is called from a thread of ours when etcd's state is news: look again.
    Raises UsageError for a `url` that is none.
    """

    def __init__(
        self, url: str, *, env: str, domain: str, host: str, inner: EmbeddedNames, on_change: Callable[[], None]
    ) -> None:
        self._address = parse_address(url)
        self._inner = inner
        self._ledger = Ledger(layout := Layout(env=env, domain=domain, host=host, ttl_seconds=inner.ttl_seconds))
        self._followed: Mapping[str, Record] = {}
        self._known: tuple[int, Mapping[str, Record]] = (-1, {})
        self._keeper = Keeper(self._address, self._ledger, layout.prefixes, load=self._load, on_change=on_change)

    def start(self) -> None:
        """Begin to connect; comes back at once."""
        self._keeper.start()

    def close(self) -> None:
        """Write no more. What is in etcd stays for the rest of its lease."""
        self._keeper.close()

    def table(self) -> NameTable:
        """What every name should answer."""
        return self._inner.table()

    def published(self) -> Mapping[str, Record]:
        """The records that are in etcd exactly as they should be; all that are wanted while etcd is away."""
        with self._keeper.changed:
            if keys := self._follow():
                self._keeper.write(keys)
            wanted = self._inner.published()
            if not self._keeper.connected:
                return wanted
            if self._known[0] != self._ledger.version:
                self._known = (self._ledger.version, self._ledger.exact(wanted))
            return self._known[1]

    def reserve(self, clusters: Collection[str]) -> None:
        """These labels are ours; whose keys are foreign in etcd is told of, and they are left alone."""
        self._inner.reserve(clusters)

    def publish(self, id: str, record: Record) -> None:
        """Answer with `record` from now on; raises PermanentError where its address is no IPv4 address."""
        with self._keeper.changed:
            self._inner.publish(id, record)
            self._keeper.write(self._follow(), WRITE_SECONDS)

    def withdraw(self, id: str) -> None:
        """Answer with the container `id` no more; done where it has no record."""
        with self._keeper.changed:
            self._inner.withdraw(id)
            self._keeper.write(self._follow() | self._ledger.remove(id), WRITE_SECONDS)

    def problem(self) -> str:
        """Why etcd doesn't have our names as they should be, and what to do; empty where it has."""
        with self._keeper.changed:
            if not self._keeper.connected:
                return (
                    f"names are not in etcd: etcd at {self._address} {self._keeper.trouble}; "
                    "they are written as soon as it answers: start it, or look at its log"
                )
            occupied = self._ledger.occupied()
        if not occupied:
            return ""
        more = f" (and {len(occupied) - 1} more)" if len(occupied) > 1 else ""
        return (
            f"{occupied[0]}{more} in etcd at {self._address} has a value that is not ours, which answers in our "
            f"place: delete it (`etcdctl del {occupied[0]}`), or give the cluster another `dns`"
        )

    def _follow(self) -> set[str]:
        """Want what `inner` has now, whoever put it there; the keys concerned."""
        records, before = self._inner.published(), self._followed
        if records is before:
            return set()
        self._followed = records
        keys: set[str] = set()
        for id in before.keys() - records.keys():
            keys |= self._ledger.remove(id)
        for id, record in records.items():
            if before.get(id) != record:
                keys |= self._ledger.place(id, record)
        return keys

    def _load(self, held: Mapping[str, Held]) -> None:
        """Take over what an earlier run left in etcd and nobody has told us of since."""
        self._follow()
        for id, record in self._ledger.load(held).items():
            self._inner.publish(id, record)
        self._follow()
