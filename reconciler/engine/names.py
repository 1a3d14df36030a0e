"""The embedded backend of names: keeps the Records that the loop publishes, as one frozen table that anyone
may read.

Before: the executor's publish and withdraw, from several threads. After: the DNS server, which reads
`table()` in its own.
Never here: sockets, messages, and deciding which names there should be (plan does).
"""

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address
from threading import Lock

from reconciler.errors import PermanentError
from reconciler.state.names import NameTable
from reconciler.state.records import Record


class EmbeddedNames:
    """The `Names` port in memory. Writers take turns; readers take the present table and never wait."""

    def __init__(self) -> None:
        self._writing = Lock()
        self._table = NameTable()

    def table(self) -> NameTable:
        """What every name answers now: a value that no later change touches."""
        return self._table

    def published(self) -> Mapping[str, Record]:
        """The records by container id, as they are answered now."""
        return dict(self._table.records())

    def publish(self, id: str, record: Record) -> None:
        """Answer with `record` from now on; raises PermanentError where its address is no IPv4 address."""
        try:
            IPv4Address(record.address)
        except AddressValueError as error:
            name = f"{record.instance}.{record.cluster}"
            message = f"{name} can't be published: {record.address!r} is no IPv4 address"
            raise PermanentError(message) from error
        with self._writing:
            self._table = self._table.placed(id, record)

    def withdraw(self, id: str) -> None:
        """Answer with the container `id` no more; done where it has no record."""
        with self._writing:
            self._table = self._table.removed(id)
