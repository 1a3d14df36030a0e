"""What each name of an environment answers: one frozen table, derived from the Records and from nothing else.

Before: engine.names, which keeps the Records that plan decided on. After: dns, which answers from the table
it holds.
A changed Record makes a new table that shares all other clusters with the old one, so a reader needs no lock.
Never here: the zone (`dev.docker`), messages, time to live; names are relative to the environment, lower
case, split at dots.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.state.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNames:
    """One cluster's part of the table: `records` by container id; IPv4 addresses, each once, in the records'
    order.

    `instances` maps an instance's short name to its addresses, ready or not; `ready` holds those of ready
    ones.
    """

    records: Mapping[str, Record]
    instances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ready: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTable:
    """All names of an environment at one moment; `serial` rises with each change (the zone's SOA serial)."""

    clusters: Mapping[str, ClusterNames] = field(default_factory=dict)
    serial: int = 1

    def addresses(self, name: tuple[str, ...]) -> tuple[str, ...] | None:
        """The addresses under a relative name: `("webapp1", "webapp")`, `("webapp",)` or `()`, the zone
        itself.

        Empty: the name exists and has none (yet). None: there is no such name.
        """
        if not name:
            return ()
        cluster = self.clusters.get(name[-1])
        if cluster is None:
            return None
        match name[:-1]:
            case ():
                return cluster.ready
            case (instance,):
                return cluster.instances.get(instance)
        return None

    def records(self) -> Iterator[tuple[str, Record]]:
        """Every record with its container id."""
        for cluster in self.clusters.values():
            yield from cluster.records.items()

    def placed(self, container: str, record: Record) -> "NameTable":
        """This table with `record` for `container` (its id), in place of what it had; itself where nothing
        changes.
        """
        present = self._cluster_of(container)
        if present is not None and self.clusters[present].records[container] == record:
            return self
        moved = present is not None and present != _key(record.cluster)
        clusters = dict((self.removed(container) if moved else self).clusters)
        key = _key(record.cluster)
        others = clusters[key].records if key in clusters else {}
        clusters[key] = _derive({**others, container: record})
        return NameTable(clusters=MappingProxyType(clusters), serial=self.serial + 1)

    def removed(self, container: str) -> "NameTable":
        """This table without `container` (its id); itself where it has no record of it."""
        present = self._cluster_of(container)
        if present is None:
            return self
        clusters = dict(self.clusters)
        others = {key: record for key, record in clusters[present].records.items() if key != container}
        if others:
            clusters[present] = _derive(others)
        else:
            del clusters[present]
        return NameTable(clusters=MappingProxyType(clusters), serial=self.serial + 1)

    def _cluster_of(self, container: str) -> str | None:
        return next((name for name, cluster in self.clusters.items() if container in cluster.records), None)


def _derive(records: Mapping[str, Record]) -> ClusterNames:
    """A cluster's names; two records may share one (a container leaving and its successor), then both
    answer.
    """
    instances: dict[str, tuple[str, ...]] = {}
    for record in records.values():
        name = _key(record.instance)
        instances[name] = _unique((*instances.get(name, ()), record.address))
    return ClusterNames(
        records=MappingProxyType(dict(records)),
        instances=MappingProxyType(instances),
        ready=_unique(tuple(record.address for record in records.values() if record.ready)),
    )


def _key(label: str) -> str:
    """DNS compares letters without case (RFC 4343)."""
    return label.lower()


def _unique(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))
