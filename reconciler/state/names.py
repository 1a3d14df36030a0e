"""What each name of a domain answers: one frozen table of entries, and how a name finds them.

Before: engine.names, which keeps what plan decided on and what was registered. After: dns, which answers from the
table it holds. A change makes a new table that shares all other groups with the old one, so a reader needs no lock.
The rules are SkyDNS v1's (registry/registry.go): labels are compared by position from the right, those on the left may
be left out, and `*`, `any` and `all` stand for any label.
Never here: messages, sockets, time. Names are relative to the domain, lower case, split at dots.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from reconciler.state.entry import Entry

WILDCARDS = frozenset({"*", "any", "all"})
RESERVED_CLUSTERS = frozenset({"dns"})  # `ns.dns.<env>.<domain>` is the name server's own, as in SkyDNS v2

_FORMS = 6
_SHORT = 3
_GroupKey = tuple[str, str]
_ZONE_AT = 1  # of revision, zone, host, instance: how the labels left of the cluster are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a name that exists leads to: `entries` for addresses; `elsewhere` are the same of other zones, where the
    name asks for one zone, so that a zone's clients can fail over (SRV priority 20).
    """

    entries: tuple[Entry, ...] = ()
    elsewhere: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """The entries under one cluster's label of one environment, by id. What we manage can't be shadowed or joined by
    what was registered: where the label is `ours`, or while there are managed entries, only those count.

    Its indexes are made when first asked for, and shared by all tables that have the group.
    """

    entries: Mapping[str, Entry]
    ours: bool = False

    def valid(self) -> tuple[Entry, ...]:
        """The entries that names lead to."""
        return self._valid

    def of_revision(self, label: str) -> tuple[Entry, ...]:
        """Those of one revision; of all where `label` is a wildcard."""
        return self._valid if label in WILDCARDS else self._by_revision.get(label, ())

    def of_instance(self, label: str) -> tuple[Entry, ...]:
        return self._by_instance.get(label, ())

    def at(self, address: str) -> tuple[Entry, ...]:
        return self._by_target.get(address, ())

    @cached_property
    def _valid(self) -> tuple[Entry, ...]:
        managed = tuple(entry for entry in self.entries.values() if entry.managed)
        return managed if managed or self.ours else tuple(self.entries.values())

    @cached_property
    def _by_revision(self) -> Mapping[str, tuple[Entry, ...]]:
        return _grouped((entry.revision, entry) for entry in self._valid)

    @cached_property
    def _by_instance(self) -> Mapping[str, tuple[Entry, ...]]:
        return _grouped((entry.instance, entry) for entry in self._valid)

    @cached_property
    def _by_target(self) -> Mapping[str, tuple[Entry, ...]]:
        return _grouped((entry.target, entry) for entry in self._valid if entry.address is not None)


@dataclass(frozen=True, kw_only=True)
class NameTable:
    """All entries at one moment, in groups by environment and cluster; `serial` rises with each change.

    `ours` are the labels that belong to clusters of ours, also to those without an instance just now.
    """

    groups: Mapping[_GroupKey, Group] = field(default_factory=dict)
    serial: int = 1
    home: Mapping[str, _GroupKey] = field(default_factory=dict)
    ours: frozenset[_GroupKey] = frozenset()

    def match(self, name: tuple[str, ...]) -> Match | None:
        """What the name (`("webapp1", "webapp", "dev")`, left to right) leads to; None where there is no such name.

        A match without entries is a name that exists and leads nowhere (yet).
        """
        if not 1 <= len(name) <= _FORMS:
            return None
        env, cluster, *left = positions(name)
        return _matched(tuple(self._groups(env, cluster)), left)

    def related(self, name: tuple[str, ...]) -> Mapping[str, Entry]:
        """All entries by id that the name is about, of any zone, ready or not, hidden or not: for explaining it."""
        env, cluster, *left = positions(name)
        known = {id: entry for group in self._groups(env, cluster) for id, entry in group.entries.items()}
        found = {id: entry for id, entry in known.items() if _fits(_left(entry), _any_zone(left))}
        if not found and self.short(name):
            found = {id: entry for id, entry in known.items() if entry.instance == left[0]}
        return found

    def short(self, name: tuple[str, ...]) -> bool:
        """The name is of the form `<instance>.<cluster>.<env>` and there is such an instance."""
        if len(name) != _SHORT or name[0] in WILDCARDS:
            return False
        candidates = [entry for group in self._groups(name[2], name[1]) for entry in group.valid()]
        return all(entry.revision != name[0] for entry in candidates) and any(
            entry.instance == name[0] for entry in candidates
        )

    def at(self, address: str) -> tuple[Entry, ...]:
        """The entries with this IPv4 address, ready or not; where one of ours has it, nobody else's."""
        found = tuple(entry for group in self.groups.values() for entry in group.at(address))
        return tuple(entry for entry in found if entry.managed) or found

    @cached_property
    def environments(self) -> frozenset[str]:
        """Those with any entry."""
        return frozenset(env for env, _ in self.groups)

    def manages(self, env: str, cluster: str) -> bool:
        """The name is one of a cluster of ours, which nobody else can register under."""
        group = self.groups.get((env, cluster))
        held = group is not None and any(entry.managed for entry in group.entries.values())
        return held or (env, cluster) in self.ours

    def reserving(self, ours: frozenset[_GroupKey]) -> "NameTable":
        """This table in which these labels, and no others, belong to clusters of ours; itself where they do."""
        if ours == self.ours:
            return self
        touched = {key: replace(self.groups[key], ours=key in ours) for key in ours ^ self.ours if key in self.groups}
        groups = MappingProxyType({**self.groups, **touched})
        return replace(self, groups=groups, serial=self.serial + (1 if touched else 0), ours=ours)

    def placed(self, id: str, entry: Entry) -> "NameTable":
        """This table with `entry` under `id`, in place of what it had; itself where nothing changes."""
        return self.changed({id: entry})

    def removed(self, id: str) -> "NameTable":
        """This table without `id`; itself where it has none."""
        return self.changed({}, (id,))

    def changed(self, placed: Mapping[str, Entry], removed: Iterable[str] = ()) -> "NameTable":
        """This table without `removed` and with `placed`, all in one step; itself where nothing changes."""
        fresh = {id: entry for id, entry in placed.items() if self.entry(id) != entry}
        gone = [id for id in removed if id in self.home]
        if not fresh and not gone:
            return self
        home, touched = dict(self.home), dict[_GroupKey, dict[str, Entry]]()

        def group(key: _GroupKey) -> dict[str, Entry]:
            if key not in touched:
                touched[key] = dict(self.groups[key].entries) if key in self.groups else {}
            return touched[key]

        for id in (*gone, *fresh):
            if (key := home.pop(id, None)) is not None and (id not in fresh or key != _key(fresh[id])):
                group(key).pop(id)
        for id, entry in fresh.items():
            home[id] = _key(entry)
            group(home[id])[id] = entry
        made = {key: Group(entries=MappingProxyType(left), ours=key in self.ours) for key, left in touched.items()}
        kept = {key: group for key, group in {**self.groups, **made}.items() if group.entries}
        return replace(self, groups=MappingProxyType(kept), serial=self.serial + 1, home=home)

    def entry(self, id: str) -> Entry | None:
        """What stands under this id."""
        key = self.home.get(id)
        return None if key is None else self.groups[key].entries[id]

    def _groups(self, env: str, cluster: str) -> Iterable[Group]:
        if env not in WILDCARDS and cluster not in WILDCARDS:
            found = self.groups.get((env, cluster))
            return () if found is None else (found,)
        return (group for key, group in self.groups.items() if _fits(key, (env, cluster)))


def positions(name: tuple[str, ...]) -> tuple[str, ...]:
    """Labels from the right: environment, cluster (any where it is left out), revision, zone, host, instance."""
    return tuple(reversed(name)) if len(name) > 1 else (*name, "*")


def _matched(groups: tuple[Group, ...], left: list[str]) -> Match | None:
    """`left` are the labels left of the cluster, from the right: revision, zone, host, instance."""
    revision = left[0] if left else "*"
    candidates = [entry for group in groups for entry in group.of_revision(revision)]
    existing = _chosen(candidates, _any_zone(left))
    if existing:
        ready = [entry for entry in existing if entry.ready]
        inside = _chosen(ready, left)
        outside = [entry for entry in ready if not _fits(_left(entry), left)] if len(inside) < len(ready) else []
        return Match(entries=tuple(inside), elsewhere=tuple(outside))
    if len(left) == 1:  # the short form: an instance, ready or not
        named = tuple(entry for group in groups for entry in group.of_instance(left[0]))
        return Match(entries=named) if named else None
    return None


def _chosen(entries: list[Entry], left: list[str]) -> list[Entry]:
    """Those whose labels fit; all at once where only wildcards are asked for."""
    if all(label in WILDCARDS for label in left):
        return entries
    return [entry for entry in entries if _fits(_left(entry), left)]


def _grouped(pairs: Iterable[tuple[str, Entry]]) -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for label, entry in pairs:
        found.setdefault(label, []).append(entry)
    return {label: tuple(entries) for label, entries in found.items()}


def _key(entry: Entry) -> _GroupKey:
    return (entry.env, entry.cluster)


def _any_zone(left: list[str]) -> list[str]:
    return [label if at != _ZONE_AT else "*" for at, label in enumerate(left)]


def _left(entry: Entry) -> tuple[str, ...]:
    return (entry.revision, entry.zone, entry.host, entry.instance)


def _fits(labels: Iterable[str], asked: Iterable[str]) -> bool:
    """Each asked label is the same or a wildcard; what isn't asked for may be anything."""
    return all(wanted in WILDCARDS or wanted == label for label, wanted in zip(labels, asked, strict=False))
