"""A table with everything that names can lead to, and packets near enough to real questions to reach deep."""

import random
import struct
from collections.abc import Callable
from functools import cache

import dns.message

from reconciler.dns.access import Access
from reconciler.dns.resolver import Resolver
from reconciler.dns.zone import Zone
from reconciler.engine.names import EmbeddedNames
from reconciler.state.entry import Entry
from reconciler.state.records import Record

CLIENT = "10.5.0.77"
HEADER = struct.Struct("!HHHHHH")
KINDS = ("A", "AAAA", "SRV", "PTR", "TXT", "SOA", "NS", "MX", "CNAME", "ANY", "HTTPS", "NAPTR", "TYPE65280")
ASKED = (
    "webapp1.webapp.dev.docker",
    "webapp.dev.docker",
    "az1.v001.webapp.dev.docker",
    "*.*.az2.*.webapp.dev.docker",
    "any.all.*.any.all.*.docker",
    "big.dev.docker",
    "db.prod.docker",
    "mail.prod.docker",
    "round.prod.docker",
    "front.dev.docker",
    "ns.dns.dev.docker",
    "dev.docker",
    "docker",
    "webapp",
    "www.example.org",
    "11.0.5.10.in-addr.arpa",
    "200.0.5.10.in-addr.arpa",
    "0.5.10.in-addr.arpa",
    "1.0.9.10.in-addr.arpa",
    "999.x.0.5.10.in-addr.arpa",
)


def service(id: str, target: str, **others: object) -> Entry:
    """Something registered by others, in prod unless said otherwise."""
    labels = {"env": "prod", "cluster": "db", "revision": "1-0", "zone": "east", "host": target.replace(".", "-")}
    values = {**labels, "instance": id, "target": target, "ports": (5432,), "ttl_seconds": 30, **others}
    return Entry(**values)  # type: ignore[arg-type]


def full_names() -> EmbeddedNames:
    """Clusters in two zones, one of them large, and registered services: addresses, host names, a circle."""
    names = EmbeddedNames("dev", "host1.example.com")
    for number in range(1, 5):
        names.publish(f"id{number}", instance(f"webapp{number}", f"10.5.0.1{number}", zone=f"az{number % 2 + 1}"))
    names.publish("id9", instance("webapp9", "10.5.0.19", ready=False))
    for number in range(120):
        names.publish(f"big{number}", instance(f"big{number}", f"10.5.1.{number}", cluster="big"))
    names.register("s1", service("u1", "10.5.0.99", detail="the database"))
    names.register("s2", service("u2", "192.0.2.98", revision="", zone=""))
    names.register("s3", service("u3", "mail.example.com", cluster="mail"))
    names.register("s4", service("u4", "again.prod.docker", cluster="round"))
    names.register("s5", service("u5", "round.prod.docker", cluster="again"))
    names.register("s6", service("u6", "webapp.dev.docker", cluster="front", env="dev"))
    return names


def instance(
    name: str, address: str, *, cluster: str = "webapp", zone: str = "az1", revision: str = "v001", ready: bool = True
) -> Record:
    """An instance of ours with two ports."""
    return Record(
        instance=name,
        cluster=cluster,
        zone=zone,
        revision=revision,
        address=address,
        ports=(80, 8080),
        ready=ready,
    )


def resolver(names: EmbeddedNames, seed: int = 1) -> Resolver:
    """What decides on packets, without sockets."""
    subnets = ("10.5.0.0/23",)
    zone = Zone(names.env, "docker", servers=("10.5.0.1",), subnets=subnets)
    return Resolver(zone, names.table, Access(subnets), random.Random(seed))


@cache
def _questions() -> tuple[bytes, ...]:
    """Each name with each type, some with EDNS, some in mixed case."""
    rng = random.Random(4)
    return tuple(_question(rng, name, kind) for name in ASKED for kind in KINDS)


def _question(rng: random.Random, name: str, kind: str) -> bytes:
    if rng.random() < 0.3:
        name = "".join(rng.choice((letter.upper(), letter)) for letter in name)
    payload = rng.choice((None, 0, 512, 1_232, 65_535))
    if payload is None:
        return dns.message.make_query(name, kind).to_wire()
    return dns.message.make_query(name, kind, use_edns=0, payload=payload).to_wire()


def question(rng: random.Random) -> bytes:
    """A real question under any id."""
    return rng.randbytes(2) + rng.choice(_questions())[2:]


def damaged(rng: random.Random) -> bytes:
    """One packet that was a question before something happened to it, or never was one."""
    return rng.choice(_HARMS)(question(rng), rng)


def _cut(packet: bytes, rng: random.Random) -> bytes:
    return packet[: rng.randrange(len(packet))]


def _noise(_packet: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(0, 600))


def _wild_counts(packet: bytes, rng: random.Random) -> bytes:
    return packet[:4] + rng.randbytes(8) + packet[12:]


def _wild_header(packet: bytes, rng: random.Random) -> bytes:
    return packet[:2] + bytes((rng.randrange(128),)) + rng.randbytes(1) + packet[4:]


def _flipped(packet: bytes, rng: random.Random) -> bytes:
    changed = bytearray(packet)
    for _ in range(rng.randrange(1, 8)):
        changed[rng.randrange(4, len(changed))] = rng.randrange(256)
    return bytes(changed)


def _more_behind(packet: bytes, rng: random.Random) -> bytes:
    """Records that are promised, and noise in their place."""
    return (
        packet[:6] + rng.choice((b"\0\1\0\0\0\0", b"\0\0\0\1\0\0", b"\0\0\0\0\0\1")) + packet[12:] + rng.randbytes(40)
    )


def _pointers(packet: bytes, rng: random.Random) -> bytes:
    """Names that lead back, forward, or nowhere."""
    at = rng.randrange(12, len(packet))
    return packet[:at] + bytes((0xC0 | rng.randrange(64), rng.randrange(256))) + packet[at:]


def _labels(packet: bytes, rng: random.Random) -> bytes:
    """Names of many labels, long ones, and names beyond 255 bytes, below ours."""
    size = rng.choice((1, 2, 31, 63))
    label = bytes((size,)) + rng.randbytes(size)
    return packet[:12] + label * rng.randrange(1, 130 // size + 3) + packet[12:]


def _wildcards(packet: bytes, rng: random.Random) -> bytes:
    words = b"".join(rng.choice((b"\1*", b"\3any", b"\3ALL", b"\1.")) for _ in range(rng.randrange(1, 40)))
    return packet[:12] + words + packet[12:]


def _backwards(packet: bytes, rng: random.Random) -> bytes:
    """Nonsense that looks like the name of an address."""
    parts = [str(rng.choice((0, 5, 10, 256, -1, "010", "x", "²"))) for _ in range(rng.randrange(0, 9))]
    encoded = [part.encode("latin-1") for part in (*parts, "5", "10", "in-addr", "arpa")]
    name = b"".join(bytes((len(part),)) + part for part in encoded) + b"\0"
    return packet[:4] + b"\0\1\0\0\0\0\0\0" + name + rng.choice((b"\0\x0c", b"\0\1", b"\0\xff")) + b"\0\1"


_HARMS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut,
    _noise,
    _wild_counts,
    _wild_header,
    _flipped,
    _flipped,
    _more_behind,
    _pointers,
    _labels,
    _wildcards,
    _backwards,
    lambda packet, _rng: packet,
)


def told(names: EmbeddedNames, name: str, kind: str = "A") -> dns.message.Message:
    """The whole answer to one question of ours, in process."""
    said = resolver(names).reply(dns.message.make_query(name, kind).to_wire(), CLIENT, tcp=True)
    assert isinstance(said, bytes), f"{name} {kind} is not ours to answer"
    return dns.message.from_wire(said)


def told_texts(names: EmbeddedNames, name: str, kind: str = "A") -> list[str]:
    """The records of the answer section, sorted: `5 IN A 10.5.0.11` behind the owner's name."""
    return sorted(line for rrset in told(names, name, kind).answer for line in rrset.to_text().split("\n"))
