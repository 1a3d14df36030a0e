"""What a fault is judged by before it is made: who is there, who is opted in, what is wrong already.

Before: whoever can look (the command line, the keeper, a drill). After: prepare. Values, and how names find instances.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.state.faults import FaultSeen
from reconciler.state.instance import EngineState, Instance

_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCluster:
    """A cluster that there is. `opted_in`: its spec says `chaos: {enabled: true}`; `file` is where it would say so."""

    name: str
    opted_in: bool
    zones: tuple[str, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The environment as a fault finds it.

    `troubles` are sentences about holds and outages; `active` are the faults that are in force. `gateway` is where
    the reconciler listens for heartbeats (`listener_port`) and serves names; empty where there is no network yet.
    """

    env: str
    instances: tuple[Instance, ...] = ()
    clusters: tuple[KnownCluster, ...] = ()
    closed_zones: frozenset[str] = frozenset()
    troubles: tuple[str, ...] = ()
    active: tuple[FaultSeen, ...] = ()
    gateway: str = ""
    subnet: str = ""
    listener_port: int = 7070

    @property
    def zones(self) -> tuple[str, ...]:
        """Every zone that a cluster names or an instance is in, in their natural order."""
        named = {zone for cluster in self.clusters for zone in cluster.zones}
        return in_order(named | {instance.zone for instance in self.instances})

    @property
    def running(self) -> tuple[Instance, ...]:
        """The instances with a process, by cluster and number."""
        alive = [one for one in self.instances if one.state in (EngineState.RUNNING, EngineState.PAUSED)]
        return tuple(sorted(alive, key=lambda one: (one.cluster, one.number)))

    @property
    def opted_in(self) -> frozenset[str]:
        """The clusters that may be hit."""
        return frozenset(cluster.name for cluster in self.clusters if cluster.opted_in)

    def cluster(self, name: str) -> KnownCluster | None:
        """The cluster of this name."""
        return next((cluster for cluster in self.clusters if cluster.name == name), None)

    def insist_on_zones(self, zones: Iterable[str]) -> None:
        """Raises UsageError for a zone that there isn't, with those that there are."""
        for zone in zones:
            if zone not in self.zones:
                raise UsageError(f"there is no zone {zone!r} in environment {self.env}; {_there(self.zones)}")

    def named(self, name: str) -> tuple[Instance, ...]:
        """The running instances of a cluster, or one of them by name. Raises UsageError where nobody has the name."""
        if self.cluster(name) is not None:
            return tuple(one for one in self.running if one.cluster == name)
        found = tuple(one for one in self.running if name in names_of(one))
        if not found:
            known = (*(cluster.name for cluster in self.clusters), *(name_of(one) for one in self.running))
            raise UsageError(
                f"there is no cluster or running instance {name!r} in environment {self.env}; {_there(known)}"
            )
        return found


def name_of(instance: Instance) -> str:
    """`web-1`: how an instance is called in everything that is said of faults."""
    return f"{instance.cluster}-{instance.number}"


def names_of(instance: Instance) -> tuple[str, ...]:
    """The names by which a person may mean it."""
    return (name_of(instance), f"{instance.cluster}{instance.number}", instance.container)


def in_order(zones: Iterable[str]) -> tuple[str, ...]:
    """Zones as people count them: az2 before az10."""
    return tuple(sorted(set(zones), key=lambda zone: [(len(part), part) for part in _DIGITS.split(zone)]))


def _there(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"there are {listed}" if listed else "there is none"
