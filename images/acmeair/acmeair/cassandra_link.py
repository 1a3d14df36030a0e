"""One connection to Cassandra: cluster, session, prepared statements, consistency levels. Everything here blocks.

Before: store, which calls this from threads and replaces a link that leads nowhere any more. The driver follows nodes
that come, go and change their address as long as one of those it knows is there; that all of them were replaced is
found out by `stranded`. Failures are told apart by whether anything can have been done.
"""

import logging
import socket
from typing import Any

from cassandra import ConsistencyLevel, DriverException
from cassandra import Unavailable as NotEnoughReplicas
from cassandra.cluster import Cluster, ExecutionProfile, NoHostAvailable, ResponseFuture
from cassandra.connection import ConnectionBusy, ConnectionException
from cassandra.policies import (
    ConstantReconnectionPolicy,
    ConstantSpeculativeExecutionPolicy,
    RetryPolicy,
    RoundRobinPolicy,
)
from cassandra.pool import NoConnectionsAvailable
from cassandra.query import UNSET_VALUE, dict_factory

from acmeair.consistency import readers, replication_of, writers
from acmeair.errors import OutcomeUnknown, ReplicasDown, StoreError, Unavailable
from acmeair.ports import UNSET, Kind, Statement, Statements

KEYSPACE = "acmeair"
LEVELS = {1: ConsistencyLevel.ONE, 2: ConsistencyLevel.TWO, 3: ConsistencyLevel.THREE}
REQUEST_SECONDS = 2.5  # longer than a node waits for its replicas: it knows best what happened
NOT_SENT = ("Host has been marked down or removed", "Pool is shutdown")  # the driver has no class of its own for it

# The driver warns with a trace for every attempt to reach a node that is down; the store says what matters of it.
logging.getLogger("cassandra").setLevel(logging.CRITICAL)


class SendOnce(RetryPolicy):  # type: ignore[misc]
    """Rethrows where the default would send the statement again though the first time may have done it."""

    def on_request_error(self, *_args: object, **_more: object) -> tuple[int, None]:
        return self.RETHROW, None

    # A read of a Paxos round is part of a write.
    on_read_timeout = on_write_timeout = on_request_error


class AskOnce(RetryPolicy):  # type: ignore[misc]
    """Rethrows what a node says of replicas that are down: where all are needed, no other node can do better."""

    def on_unavailable(self, *_args: object, **_more: object) -> tuple[int, None]:
        return self.RETHROW, None


RETRIES = {Kind.ONCE: SendOnce, Kind.READ_ALL: AskOnce}


def resolve(names: tuple[str, ...]) -> frozenset[str]:
    """The addresses of those names that answer."""
    found: set[str] = set()
    for name in names:
        try:
            found.update(
                str(entry[4][0]) for entry in socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
            )
        except OSError:
            continue  # a node that isn't there has no name; that none has is said by who asked
    return frozenset(found)


def levels(replication: int) -> dict[Kind, int]:
    """How many replicas each kind of statement asks."""
    return {
        Kind.READ: LEVELS[readers(replication)],
        Kind.READ_ALL: ConsistencyLevel.ALL,
        Kind.WRITE: LEVELS[writers(replication)],
        Kind.ONCE: LEVELS[writers(replication)],
        Kind.LOOSE: ConsistencyLevel.ONE,
    }


def profiles(replication: int, *, seconds: float) -> dict[Kind, ExecutionProfile]:
    """How each kind of statement is run. The levels may be changed later; the nodes that a profile knows may not."""
    second = ConstantSpeculativeExecutionPolicy(delay=0.3, max_attempts=1)
    return {
        kind: ExecutionProfile(
            load_balancing_policy=RoundRobinPolicy(),
            retry_policy=RETRIES.get(kind, RetryPolicy)(),
            consistency_level=level,
            serial_consistency_level=ConsistencyLevel.SERIAL,
            request_timeout=seconds,
            row_factory=dict_factory,
            speculative_execution_policy=second if kind in (Kind.READ, Kind.LOOSE) else None,
        )
        for kind, level in levels(replication).items()
    }


def open_cluster(
    contacts: tuple[str, ...], port: int, *, replication: int = 1, seconds: float = REQUEST_SECONDS
) -> Cluster:
    """A cluster that isn't connected yet; raises Unavailable when no contact has an address."""
    addresses = resolve(contacts)
    if not addresses:
        raise Unavailable(f"no address for {', '.join(contacts)}")
    return Cluster(
        contact_points=sorted(addresses),
        port=port,
        protocol_version=5,
        execution_profiles={kind.value: profile for kind, profile in profiles(replication, seconds=seconds).items()},
        reconnection_policy=ConstantReconnectionPolicy(0.5, max_attempts=None),
        connect_timeout=1.0,
        control_connection_timeout=2.0,
        idle_heartbeat_interval=2,
        idle_heartbeat_timeout=2,
        # A node that came back is used at once; every node has all data here, so tokens and schema are nothing to know.
        status_event_refresh_window=0,
        topology_event_refresh_window=0,
        schema_metadata_enabled=False,
        token_metadata_enabled=False,
        prepare_on_all_hosts=False,
        monitor_reporting_enabled=False,
        max_schema_agreement_wait=0,  # only the loader changes the schema, and waits once for all
    )


def ask_for(cluster: Cluster, replication: int) -> None:
    """Set the levels that fit a keyspace's replication, once that is known."""
    for kind, level in levels(replication).items():
        cluster.profile_manager.profiles[kind.value].consistency_level = level


class Link:
    """A session; connected when it is made, of use once it is prepared."""

    def __init__(self, contacts: tuple[str, ...], port: int, statements: Statements) -> None:
        self._contacts = contacts
        self._statements = statements
        self._prepared: dict[str, Any] = {}
        self.replication = 0
        self._cluster = open_cluster(contacts, port)
        try:
            self._session = self._cluster.connect()
        except Exception as error:
            self._cluster.shutdown()
            raise Unavailable(reason(error)) from error

    def prepare(self) -> None:
        """Learn the replication and prepare what isn't yet; raises Unavailable where tables are missing."""
        try:
            self.replication = self._replication()
            ask_for(self._cluster, self.replication)
            for name, statement in self._statements.items():
                if name not in self._prepared:
                    self._prepared[name] = self._prepare(statement)
        except (DriverException, NoHostAvailable, ConnectionException) as error:
            raise Unavailable(reason(error)) from error

    def _replication(self) -> int:
        query = f"SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '{KEYSPACE}'"  # noqa: S608
        rows = list(self._session.execute(query, execution_profile=Kind.LOOSE.value))
        if not rows:
            raise Unavailable(f"there is no keyspace {KEYSPACE} yet: the loader makes it")
        return replication_of(rows[0]["replication"])

    def _prepare(self, statement: Statement) -> Any:
        prepared = self._session.prepare(statement.cql)
        prepared.is_idempotent = statement.kind is not Kind.ONCE
        return prepared

    def begin(self, name: str, values: tuple[object, ...]) -> ResponseFuture:
        """Start a statement."""
        kind = self._statements[name].kind
        bound = self._prepared[name].bind([UNSET_VALUE if value is UNSET else value for value in values])
        return self._session.execute_async(bound, execution_profile=kind.value)

    def stranded(self) -> str:
        """Why this link leads nowhere, "" while it leads somewhere: no known node is up, and the names know others."""
        hosts = self._cluster.metadata.all_hosts()
        if any(host.is_up for host in hosts):
            return ""
        strangers = resolve(self._contacts) - {host.address for host in hosts}
        return f"all nodes have new addresses: {', '.join(sorted(strangers))}" if strangers else ""

    def nodes(self) -> tuple[str, ...]:
        """The nodes that are up."""
        return tuple(sorted(host.address for host in self._cluster.metadata.all_hosts() if host.is_up))

    def close(self) -> None:
        """Let go of everything."""
        self._cluster.shutdown()


def reason(error: BaseException) -> str:
    """Why it failed, in one line."""
    if isinstance(error, NoHostAvailable):
        each = "; ".join(f"{host}: {why}" for host, why in error.errors.items())
        return f"no node could do it ({each})" if each else "no node is up"
    return " ".join(str(error).split()) or type(error).__name__


def translated(error: BaseException, kind: Kind, nodes: int = 1) -> StoreError:
    """The driver's failure as ours, after it sent the statement to so many nodes.

    The error is the last node's. Where it went to others before, one of those may have done the write and be gone.
    """
    if kind in (Kind.WRITE, Kind.LOOSE) and nodes > 1:
        return OutcomeUnknown(reason(error))
    if isinstance(error, NotEnoughReplicas):
        return ReplicasDown(reason(error))
    if kind in (Kind.READ, Kind.READ_ALL) or _nothing_done(error):
        return Unavailable(reason(error))
    return OutcomeUnknown(reason(error))


def _nothing_done(error: BaseException) -> bool:
    if isinstance(error, NoHostAvailable):
        return all(_nothing_done(each) for each in error.errors.values())
    if isinstance(error, NotEnoughReplicas | NoConnectionsAvailable | ConnectionBusy):
        return True
    return isinstance(error, ConnectionException) and any(words in str(error) for words in NOT_SENT)
