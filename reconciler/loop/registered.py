"""Whom registries lead traffic to: from specs and containers to the places to follow, and back to containers.

Before: the files, a listing. After: `Observed.registered`, `deaf` and `unlisted`. Nothing here is decided, or waited
for: what is known is known already. An instance is found in a registry by its address, and looked for where the
revision that it was made from says. A cluster whose file is gone is followed as before until its last instance is. Who
is held out where nothing says any more that it is registered is followed there until that is taken back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

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
        self._known: dict[str, tuple[Eureka, ...]] = {}  # of each cluster, the one said last at the end

    def look(self, world: WantedWorld, instances: Instances) -> Seen:
        """Follow what is to be followed, and say what is known of it now."""
        now = {name: eureka for name, wanted in world.clusters.items() if (eureka := _wanted(wanted)) is not None}
        if not now and not self._known:  # nearly always
            return _NOTHING
        for name, eureka in now.items():
            self._known[name] = (*(one for one in self._known.get(name, ()) if one != eureka), eureka)
        views, known = self._registries.views(), self._known
        members = {name: _members(name, places[-1], world, instances) for name, places in known.items()}
        parted = {name: _parted(known[name], members[name], instances.get(name, ()), views) for name in known}
        followed = {name: {*members[name], *parted[name]} | ({now[name]} if name in now else set()) for name in known}
        kept = {name: tuple(one for one in places if one in followed[name]) for name, places in known.items()}
        self._known = {name: places for name, places in kept.items() if places}
        self._registries.watch(_places(followed, instances))
        return _join(members, parted, self._registries.views())


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


def _parted(
    known: tuple[Eureka, ...], members: Members, instances: tuple[Instance, ...], views: Mapping[str, View]
) -> Members:
    """Who is held out where nothing says any more that he is registered there; two places may be one server."""
    at_home = {i.id for eureka, theirs in members.items() for i in theirs if i.address in _known_at(eureka, views)}
    there: dict[Eureka, list[Instance]] = {}
    for eureka in known:
        for instance in instances:
            seen = _known_at(eureka, views).get(instance.address or "")
            if seen is not None and seen.held_out and instance.alive and instance.id not in at_home:
                there.setdefault(eureka, []).append(instance)
    return there


def _known_at(eureka: Eureka, views: Mapping[str, View]) -> Mapping[str, Registered]:
    view = views.get(place_key(eureka))
    return view.instances if view is not None else {}


def _places(followed: Mapping[str, Collection[Eureka]], instances: Instances) -> dict[str, Place]:
    clusters: dict[Eureka, set[str]] = {}
    for name, eurekas in followed.items():
        for eureka in eurekas:
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


def _join(members: Mapping[str, Members], parted: Mapping[str, Members], views: Mapping[str, View]) -> Seen:
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
    for by_place in parted.values():
        for eureka, instances in by_place.items():
            held = _known_at(eureka, views)
            registered |= {i.id: replace(seen, parted=True) for i in instances if (seen := held.get(i.address or ""))}
    return Seen(registered=registered, deaf=deaf, unlisted=frozenset(unlisted))
