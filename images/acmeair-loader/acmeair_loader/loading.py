"""Schema and data into Cassandra, with patience. Blocks; the driver does many statements at once.

Order: customers, segments and flights, acknowledged by a majority, then the airports, all at once. So airports are the
sign, for the web tier, that a load was once complete.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from itertools import groupby
from typing import Any, TypeVar

from cassandra import DriverException, InvalidRequest
from cassandra.cluster import NoHostAvailable
from cassandra.concurrent import execute_concurrent
from cassandra.connection import ConnectionException
from cassandra.query import BatchStatement, BatchType

from acmeair.cassandra_link import ask_for, open_cluster, reason
from acmeair.consistency import replication_of
from acmeair.errors import StoreError, Unavailable
from acmeair.log import Changes, say
from acmeair.passwords import protect
from acmeair.ports import Kind
from acmeair.settings import Settings
from acmeair_loader import rows, schema
from acmeair_loader.schedule import segments

AT_ONCE = 16  # more fills the sockets, and the driver then refuses statements instead of waiting
ROWS_AT_ONCE = 150  # of a batch: well below what Cassandra refuses (50 KiB)
REQUEST_SECONDS = 10.0
PAUSE_SECONDS = 0.1
PASSING = (DriverException, NoHostAvailable, ConnectionException, StoreError)  # what may be gone at the next try

T = TypeVar("T")


class NotLoaded(Exception):
    """Time ran out; the text says what was missing."""


class Loader:
    """One run."""

    def __init__(self, settings: Settings, today: date) -> None:
        self._settings = settings
        self._today = today
        self._until = time.monotonic() + settings.wait_seconds
        self._log = Changes("cassandra")

    def run(self) -> None:
        """Load everything; raises NotLoaded."""
        with ThreadPoolExecutor(1) as pool:
            # Hashing takes a processor, the schema mostly waits.
            customers = pool.submit(lambda: list(rows.customer_rows(protect)))
            # Never shut down: that takes a second, and the process ends with the load.
            session = self._patiently("connect", self._connect)
            self._patiently("schema", lambda: self._schema(session))
            self._data(session, customers)

    def _patiently(self, what: str, step: Callable[[], T]) -> T:
        """The step's result, trying it until time is up."""
        while True:
            try:
                return step()
            except InvalidRequest as error:
                # A node that hasn't heard of a table yet answers so.
                if "nconfigured table" not in str(error) and "does not exist" not in str(error):
                    raise
                failure: Exception = error
            except PASSING as error:
                failure = error
            why = reason(failure)
            self._log.say("waiting", level="warning", reason=why, step=what)
            if time.monotonic() > self._until:
                raise NotLoaded(f"{what}: not within {self._settings.wait_seconds:g} s: {why}") from failure
            time.sleep(PAUSE_SECONDS)

    def _connect(self) -> Any:
        settings = self._settings
        cluster = open_cluster(
            settings.contacts, settings.cassandra_port, replication=settings.replication, seconds=REQUEST_SECONDS
        )
        try:
            return cluster.connect()
        except BaseException:
            cluster.shutdown()
            raise

    def _schema(self, session: Any) -> None:
        # All by one node: two that change the schema at once may each make the same table.
        first = next(iter(session.get_pool_state()), None)
        if first is None:
            raise Unavailable("no node is up")

        def ask(cql: str, node: Any = first) -> Any:
            return session.execute_async(cql, execution_profile=Kind.LOOSE.value, host=node)

        centre = ask("SELECT data_center FROM system.local").result().one()["data_center"]
        wanted = self._settings.replication
        ask(schema.keyspace(wanted, centre)).result()
        for begun in [ask(cql) for cql in schema.tables()]:
            begun.result()
        self._patiently("schema agreement", lambda: _agree(ask, session.cluster.metadata.all_hosts()))
        found = ask("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'acmeair'").result().one()
        present = replication_of(found["replication"])
        if present != wanted:
            ask_for(session.cluster, present)  # else it waits for replicas that there aren't, or for too few
            fix = "ALTER KEYSPACE acmeair, then a full repair"
            say("loader", "replication-kept", level="warning", present=present, wanted=wanted, fix=fix)
        say("loader", "schema", replication=present)

    def _data(self, session: Any, customers: "Future[list[tuple[object, ...]]]") -> None:
        prepared = {
            name: self._patiently("prepare", lambda cql=cql: session.prepare(cql))  # type: ignore[misc]
            for name, cql in rows.INSERTS.items()
        }
        for statement in prepared.values():
            statement.is_idempotent = True
        network = segments()
        flown = [row for segment in network for row in rows.flight_rows(segment, self._today, self._settings.days)]
        first = [
            *((prepared["customer"], row) for row in customers.result()),
            *((batch, None) for batch in _batches(prepared["segment"], map(rows.segment_row, network))),
            *((batch, None) for batch in _batches(prepared["flight"], flown)),
        ]
        self._write(session, "customers, segments, flights", first)
        airports = rows.airport_rows(self._today, self._settings.days)
        self._write(session, "airports", [(batch, None) for batch in _batches(prepared["airport"], airports)])
        say(
            "loader",
            "loaded",
            customers=rows.CUSTOMERS,
            segments=len(network),
            flights=len(flown),
            first_day=self._today,
            days=self._settings.days,
        )

    def _write(self, session: Any, what: str, statements: list[tuple[Any, Any]]) -> None:
        """All of them, those that failed again and again until time is up."""
        left = statements

        def step() -> None:
            nonlocal left
            results = execute_concurrent(
                session, left, concurrency=AT_ONCE, raise_on_first_error=False, execution_profile=Kind.WRITE.value
            )
            failed = [(statement, why) for statement, (good, why) in zip(left, results, strict=True) if not good]
            left = [statement for statement, _ in failed]
            if failed:
                raise failed[0][1]

        self._patiently(what, step)


def _agree(ask: Callable[[str, Any], Any], nodes: list[Any]) -> None:
    """Raises Unavailable until all nodes but those that are down have the same schema.

    Each is asked for its own: what one knows of another is up to a second old.
    """
    begun = [ask("SELECT schema_version FROM system.local", node) for node in nodes if node.is_up is not False]
    if len({future.result().one()["schema_version"] for future in begun}) > 1:
        raise Unavailable("the nodes don't have the same schema yet")


def _batches(insert: Any, values: Iterable[tuple[object, ...]]) -> Iterator[BatchStatement]:
    """The rows, which come in order of their partition: a batch is one mutation of one partition, and small enough."""
    for _partition, found in groupby(values, key=lambda row: row[0]):
        rest = list(found)
        for start in range(0, len(rest), ROWS_AT_ONCE):
            batch = BatchStatement(BatchType.UNLOGGED)
            batch.is_idempotent = True
            for row in rest[start : start + ROWS_AT_ONCE]:
                batch.add(insert, row)
            yield batch
