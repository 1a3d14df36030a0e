"""What a name answers and why, for people: the table's entries, and the verdicts that keep instances out of it.

Before: the loop's last pass, and its table of names. After: api, `dns lookup`. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.state.entry import Entry
from reconciler.state.instance import Instance
from reconciler.state.names import WILDCARDS, NameTable, positions

_REVERSE = ".in-addr.arpa"
_MISSING = "there is no such name"
_TOO_LONG = ": too many labels, INSTANCE.HOST.ZONE.REVISION.CLUSTER.ENV is the longest form"
_FORMS = 6
_OCTETS = frozenset(map(str, range(256)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRow:
    """One thing that the name may lead to. `why` says why it doesn't answer; empty where it does.

    `ports` are announced in SRV; `managed` is false for what others registered.
    """

    instance: str
    cluster: str
    zone: str
    revision: str
    host: str
    target: str
    ports: tuple[int, ...] = ()
    managed: bool = True
    answers: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameStatus:
    """A whole name (`webapp.dev.docker`): whether there is such a name, what it means, what it leads to.

    `ours` is false for names outside the environment's; those are passed on to the host's resolvers.
    `nameservers` are the addresses that containers ask.
    """

    name: str
    ours: bool
    known: bool
    meaning: str
    rows: tuple[NameRow, ...] = ()
    nameservers: tuple[str, ...] = ()
    problem: str = ""


def whole_name(text: str, env: str, domain: str) -> str:
    """`text` as a whole name: with a final dot it is one, else the search domain is added where it lacks ours."""
    name = text.lower()
    if name.endswith("."):
        return name.rstrip(".")
    inside = name == domain or name.endswith(f".{domain}")
    return name if inside else f"{name}.{env}.{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWorld:
    """What is known when a name is asked for: `instances` by cluster's DNS label, `judgements` by container id.

    `servers` are the addresses of our own DNS server, none where none runs; it answers for the addresses of `subnet`
    (CIDR), whether somebody has them or not.
    """

    env: str
    domain: str
    table: NameTable
    instances: Mapping[str, Iterable[Instance]] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    nameservers: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    subnet: str = ""
    problem: str = ""


def look_up(text: str, world: NameWorld) -> NameStatus:
    """Explain a name, as a person writes it."""
    env, domain, table = world.env, world.domain, world.table
    name = whole_name(text, env, domain)
    labels = tuple(name.removesuffix(f".{domain}").split(".")) if name.endswith(f".{domain}") else ()
    found = NameStatus(
        name=name,
        ours=bool(labels) and (labels[-1] in WILDCARDS | {env} or labels[-1] in table.environments),
        known=False,
        meaning="no name of this environment: passed on to the host's resolvers",
        nameservers=world.nameservers,
        problem=world.problem,
    )
    if not found.ours:
        return _backwards(found, world) if name.endswith(_REVERSE) else _unqualified(found, world)
    match = table.match(labels)
    answering = set(match.entries) if match else set()
    rows = [_row(id, entry, world, answers=entry in answering) for id, entry in table.related(labels).items()]
    if labels[-1] == env and len(labels) in (2, 3):
        rows += _nameless(labels, world)
    known = match is not None or labels in ((env,), ("dns", env), ("ns", "dns", env))
    return replace(
        found,
        known=known,
        meaning=_meaning(labels, table) if known else _MISSING + (_TOO_LONG if len(labels) > _FORMS else ""),
        rows=tuple(sorted(rows, key=lambda row: (not row.answers, row.cluster, len(row.instance), row.instance))),
    )


def _unqualified(found: NameStatus, world: NameWorld) -> NameStatus:
    """A name of ours with the zone left out, which our server denies instead of asking strangers for it."""
    labels = tuple(found.name.split("."))
    if not world.servers or world.table.match((*labels, world.env)) is None:
        return found
    whole = f"{found.name}.{world.env}.{world.domain}"
    return replace(found, ours=True, meaning=f"{_MISSING}: {found.name} is short for {whole}")


def _backwards(found: NameStatus, world: NameWorld) -> NameStatus:
    """An address's own name, where the address is one of ours, and what else is in the network's reverse zone."""
    octets = found.name.removesuffix(_REVERSE).split(".")[::-1]
    address = ".".join(octets)
    if address in world.servers:
        return replace(found, ours=True, known=True, meaning="the name server itself")
    if entries := world.table.at(address):
        rows = tuple(_row("", entry, world, answers=True) for entry in entries)
        return replace(found, ours=True, known=True, meaning=f"whoever has the address {address}", rows=rows)
    if not (world.servers and world.subnet and _inside(octets, world.subnet)):
        return found
    numbers = all(octet in _OCTETS for octet in octets)
    if numbers and len(octets) < 4:
        return replace(found, ours=True, known=True, meaning="where the names of the network's addresses are")
    nobody = f": nobody has the address {address}" if numbers and len(octets) == 4 else ""
    return replace(found, ours=True, meaning=_MISSING + nobody)


def _inside(octets: list[str], subnet: str) -> bool:
    """What the name stands for lies in the network: whole octets decide, or the address in a small network."""
    network = IPv4Network(subnet, strict=False)
    needed = min(max(-(-network.prefixlen // 8), 1), 3)
    needed = 4 if needed * 8 < network.prefixlen else needed
    known = octets[:needed]
    if len(known) < needed or not all(octet in _OCTETS for octet in known):
        return False
    first = IPv4Network(f"{'.'.join((*known, *('0',) * (4 - needed)))}/{8 * needed}")
    return first.subnet_of(network)


def _row(id: str, entry: Entry, world: NameWorld, *, answers: bool) -> NameRow:
    return NameRow(
        instance=entry.instance,
        cluster=entry.cluster,
        zone=entry.zone,
        revision=entry.revision,
        host=entry.host,
        target=entry.target,
        ports=entry.ports,
        managed=entry.managed,
        answers=answers,
        why="" if answers else _why(id, entry, world),
    )


def _why(id: str, entry: Entry, world: NameWorld) -> str:
    if not entry.managed and world.table.manages(entry.env, entry.cluster):
        return f"hidden: {entry.cluster} is a cluster of ours"
    if entry.ready:
        return f"in zone {entry.zone}: only SRV leads there, with priority 20"
    judgement = world.judgements.get(id)
    if judgement is not None and judgement.verdict is Verdict.READY:
        return "ready, but without traffic now: its group, or its file, has none"
    return f"not ready: {_verdict(id, world)}"


def _verdict(id: str, world: NameWorld) -> str:
    judgement = world.judgements.get(id)
    return "not seen yet" if judgement is None else judgement.cause or str(judgement.verdict)


def _nameless(labels: tuple[str, ...], world: NameWorld) -> Iterator[NameRow]:
    """Instances of the cluster that have no name at all: not yet, or not any more."""
    cluster = labels[-2]
    for instance in world.instances.get(cluster, ()):
        short = f"{cluster}{instance.number}"
        asked = len(labels) == 2 or labels[0] in WILDCARDS | {short}
        if asked and world.table.entry(instance.id) is None:
            yield NameRow(
                instance=short,
                cluster=cluster,
                zone=instance.zone,
                revision=instance.revision,
                host="",
                target=instance.address or "",
                answers=False,
                why=f"has no name: {_verdict(instance.id, world)}",
            )


def _meaning(labels: tuple[str, ...], table: NameTable) -> str:
    """The name in words."""
    env, cluster, *left = positions(labels)
    if cluster == "dns":
        return "the name server itself"
    if len(left) == 1 and left[0] not in WILDCARDS and table.short(labels):
        return f"instance {left[0]}, as long as it runs"
    words = ["all that is ready" if cluster in WILDCARDS else f"the ready instances of {cluster}"]
    kinds = zip(("revision", "zone", "host", "instance"), left, strict=False)
    words += [f"{kind} {label}" for kind, label in kinds if label not in WILDCARDS]
    if env in WILDCARDS:
        words.append("in any environment")
    return ", ".join(words)
