"""Whom registries lead traffic to: from specs and containers to the places to follow, and back to containers.

Before: the files, a listing. After: `Observed.registered`, `deaf` and `unlisted`. Nothing here is decided, or waited
for: what is known is known already. An instance is found in a registry by its address, and looked for where the
revision that it was made from says. A cluster whose file is gone is followed as before until its last instance is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.engine.registries import Place, Registries, View
from reconciler.spec.cluster import Eureka
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.instance import Instance
from reconciler.state.registered import UP, Registered

Instances = Mapping[str, tuple[Instance, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """As in Observed."""

    registered: Mapping[str, Registered] = field(default_factory=dict)
    deaf: Mapping[str, str] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()


_NOTHING = Seen()


class Following:
    """What an environment's clusters have to do with registries; for the deciding thread."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries
        self._last: dict[str, Eureka] = {}

    def look(self, world: WantedWorld, instances: Instances) -> Seen:
        """Follow what is to be followed, and say what is known of it now."""
        now = {name: eureka for name, wanted in world.clusters.items() if (eureka := _wanted(wanted)) is not None}
        if not now and not self._last:  # nearly always
            return _NOTHING
        self._last |= now
        members = {name: _members(name, last, world, instances) for name, last in self._last.items()}
        self._last = {name: last for name, last in self._last.items() if name in now or members[name]}
        self._registries.watch(_places(members, now, instances))
        return _join(members, self._registries.views())


Members = Mapping[Eureka, list[Instance]]


def place_key(eureka: Eureka) -> str:
    """How a place is called."""
    return f"{eureka.app.upper()} at {eureka.url or f'{eureka.cluster}:{eureka.port}{eureka.path}'}"


def _wanted(wanted: Wanted) -> Eureka | None:
    return wanted.spec.discovery.eureka if wanted.spec is not None else None


def _members(name: str, last: Eureka, world: WantedWorld, instances: Instances) -> Members:
    """A cluster's running instances, by where each is registered."""
    wanted = world.clusters.get(name)
    members: dict[Eureka, list[Instance]] = {}
    for instance in instances.get(name, ()):
        spec = wanted.spec_of(instance.spec_hash) if wanted is not None else None
        eureka = spec.discovery.eureka if spec is not None else last
        if eureka is not None and instance.alive and instance.address:
            members.setdefault(eureka, []).append(instance)
    return members


def _places(members: Mapping[str, Members], now: Mapping[str, Eureka], instances: Instances) -> dict[str, Place]:
    clusters: dict[Eureka, set[str]] = {}
    for name, by_place in members.items():
        for eureka in {*by_place, *((now[name],) if name in now else ())}:
            clusters.setdefault(eureka, set()).add(name)
    return {place_key(eureka): _place(eureka, frozenset(names), instances) for eureka, names in clusters.items()}


def _place(eureka: Eureka, clusters: frozenset[str], instances: Instances) -> Place:
    app = eureka.app.upper()  # as Eureka writes it
    if eureka.url is not None or eureka.cluster is None:
        return Place(app=app, servers=(eureka.url or "",), clusters=clusters)
    addresses = [i.address for i in instances.get(eureka.cluster, ()) if i.alive and i.address]
    servers = tuple(f"http://{address}:{eureka.port}{eureka.path.rstrip('/')}" for address in addresses)
    lacking = "" if servers else f"no instance of cluster {eureka.cluster} runs"
    return Place(app=app, servers=servers, clusters=clusters, lacking=lacking)


def _join(members: Mapping[str, Members], views: Mapping[str, View]) -> Seen:
    registered: dict[str, Registered] = {}
    deaf: dict[str, str] = {}
    unlisted: set[str] = set()
    for name, by_place in members.items():
        for eureka, instances in by_place.items():
            view = views.get(place_key(eureka), View())
            if view.problem:
                deaf[name] = view.problem
            found = {i.id: seen for i in instances if (seen := view.instances.get(i.address or "")) is not None}
            registered |= found
            if any(seen.status == UP for seen in found.values()):
                drawing = {id for id, seen in found.items() if seen.status == UP or seen.held_out}
                unlisted |= {i.id for i in instances} - drawing
    return Seen(registered=registered, deaf=deaf, unlisted=frozenset(unlisted))
