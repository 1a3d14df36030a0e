"""What the JVM is started with: its command line, cassandra.yaml and the rack file. Pure.

Before: `__main__`, with a record whose plan is made. After: the JVM. A node that has joined is started with the same
line whether its address changed or not: Cassandra knows it by its host id.
"""

from collections.abc import Iterable
from pathlib import Path
from string import Template

from cassandra_node import record as records
from cassandra_node.cards import FORMING, JOINING, RETURNING
from cassandra_node.record import Record
from cassandra_node.settings import Settings
from cassandra_node.tokens import token_of

HOME = Path("/opt/cassandra")
RUN = Path("/run/cassandra")
DATA = Path("/var/lib/cassandra")
ARCHIVE = HOME / "node.jsa"
MAIN = "io.reconciler.cassandra.Node"
# What a joining node gives the others to hear that writes go to it, too, from now on. One that comes back under the
# dead node's address gets them as hints.
ANNOUNCED_MS, HINTED_MS = 2000, 1000


def configuration(template: str, settings: Settings, record: Record, address: str) -> str:
    """The text of cassandra.yaml."""
    joining = record.plan in {records.BOOTSTRAP, records.REPLACE} and not record.joined
    # A joining node must not find itself among its seeds: it would take itself for a founder and stream nothing.
    seeds = [*settings.other_seeds, *record.via] if joining else [address, *settings.other_seeds]
    initial_token = "" if record.plan == records.REPLACE else f"initial_token: {token_of(settings.number)}"
    return Template(template).substitute(
        cluster_name=f"{settings.cluster_name} {record.cluster[:12]}",
        address=address,
        seeds=",".join(dict.fromkeys(seeds)),
        initial_token=initial_token,
        auto_bootstrap="true" if joining else "false",
    )


def rack_file(settings: Settings) -> str:
    return f"dc={settings.datacenter}\nrack={settings.rack}\n"


def options(text: str) -> list[str]:
    """The lines of jvm.options without comments."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def classpath(jars: Iterable[str]) -> str:
    """Every jar by name and in one order: a class-data archive fits no other."""
    return ":".join(sorted(jars))


def command(settings: Settings, record: Record, jvm_options: list[str], jars: str, address: str) -> list[str]:
    """The JVM's command line."""
    return [
        "/usr/bin/java",
        f"-Xms{settings.heap}",
        f"-Xmx{settings.heap}",
        *jvm_options,
        *joining_options(record, address),
        f"-Dcassandra.config=file://{RUN}/cassandra.yaml",
        f"-Dcassandra-rackdc.properties=file://{RUN}/cassandra-rackdc.properties",
        f"-Dcassandra.storagedir={DATA}",
        f"-Dreconciler.cassandra.folder={DATA}",
        f"-Dreconciler.cassandra.state={state(record)}",
        "-cp",
        jars,
        MAIN,
    ]


def state(record: Record) -> str:
    """What others are told until this node has joined in this run, too."""
    if record.joined:
        return RETURNING
    return FORMING if record.plan == records.FORM else JOINING


def joining_options(record: Record, address: str) -> list[str]:
    """What differs between the ways to start."""
    if not record.joined and record.plan in {records.BOOTSTRAP, records.REPLACE}:
        delay = HINTED_MS if record.address == address else ANNOUNCED_MS
        waits = [f"-Dcassandra.ring_delay_ms={delay}", "-Dcassandra.broadcast_interval_ms=2000"]
        waits.append(f"-Dreconciler.cassandra.members={record.alive}")
        if record.plan == records.REPLACE:
            waits.append(f"-Dcassandra.replace_address_first_boot={record.address}")
        return waits
    # Nothing to ask the others before gossip starts: a founder's ring is agreed on, a member's is on its disk. Without
    # that question a member may also come back under an address that was another's until now.
    founding = len(record.members) if record.plan == records.FORM and not record.joined else 0
    return [
        "-Dcassandra.ring_delay_ms=100",
        "-Dcassandra.allow_unsafe_join=true",
        f"-Dreconciler.cassandra.founders={founding}",
    ]
