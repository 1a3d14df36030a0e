"""A DNS server on a free port of loopback, and an asker that uses the DNS library, not our own code."""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import dns.message
import dns.query
import pytest

from reconciler.dns.limits import ForwardLimits, TcpLimits
from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

# What must not depend on a limit of time has limits that no asker here waits out: where one is waited for all the
# same, the test fails. QUICK and HASTY are for tests that wait until a limit has passed.
ASKER_SECONDS = 20.0
PATIENT = ForwardLimits(try_seconds=90.0, total_seconds=90.0, in_flight=8, in_flight_of_one_client=8)
CALM = TcpLimits(idle_seconds=90.0, message_seconds=90.0, connections=6, connections_of_one_client=4)
QUICK = replace(PATIENT, try_seconds=0.1, total_seconds=0.3)
HASTY = replace(CALM, idle_seconds=0.2, message_seconds=0.2)


def record(instance: str, address: str, *, cluster: str = "webapp", ready: bool = True) -> Record:
    return Record(instance=instance, cluster=cluster, zone="az1", revision="v000", address=address, ready=ready)


@dataclass
class World:
    """The server under test with its names and its upstreams, which a test may change at any time."""

    server: DnsServer
    names: EmbeddedNames
    upstreams: list[str] = field(default_factory=list)

    @property
    def where(self) -> tuple[str, int]:
        return self.server.addresses[0]

    def ask(self, name: str, kind: str = "A", *, tcp: bool = False, **options: Any) -> dns.message.Message:
        """What the server answers to one question, over a socket."""
        query = dns.message.make_query(name, kind, **options)
        transport = dns.query.tcp if tcp else dns.query.udp
        return transport(query, self.where[0], port=self.where[1], timeout=ASKER_SECONDS)

    def addresses(self, name: str, *, tcp: bool = False) -> list[str]:
        """The addresses answered for a name, in the order of the answer."""
        answer = self.ask(name, tcp=tcp, use_edns=0, payload=1232).answer
        return [item.address for rrset in answer for item in rrset]

    def asker(self) -> socket.socket:
        """A UDP socket towards the server."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(ASKER_SECONDS)
        made.connect(self.where)
        return made

    def send(self, packet: bytes) -> bytes:
        """The raw answer to raw bytes over UDP."""
        with self.asker() as asker:
            asker.send(packet)
            return asker.recv(65_535)

    def connect(self) -> socket.socket:
        """A TCP connection with a time limit on each call."""
        return socket.create_connection(self.where, timeout=ASKER_SECONDS)


Start = Callable[..., World]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers, each on a port of its own, and stops them all at the end."""
    servers: list[DnsServer] = []

    def begin(
        *,
        env: str = "dev",
        domain: str = "docker",
        host: str = "127.0.0.1",
        forward: ForwardLimits = PATIENT,
        tcp: TcpLimits = CALM,
        subnets: tuple[str, ...] = (),
        upstreams_from: Callable[[], Sequence[str]] | None = None,
    ) -> World:
        names = EmbeddedNames(env, "host1.example.com")
        upstreams: list[str] = []
        find = upstreams_from or (lambda: upstreams)
        server = DnsServer(env, domain, names.table, find, subnets=subnets, forward=forward, tcp=tcp)
        server.start([(host, 0)])
        servers.append(server)
        return World(server, names, upstreams)

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture
def world(start: Start) -> World:
    """A server for dev.docker with webapp1 and webapp2 ready, webapp3 not yet, and no upstreams."""
    return with_names(start())


@pytest.fixture
def hasty(start: Start) -> World:
    """The same, of a server that soon gives up on resolvers and on TCP clients."""
    return with_names(start(forward=QUICK, tcp=HASTY))


def with_names(world: World) -> World:
    world.names.publish("id1", record("webapp1", "10.5.0.11"))
    world.names.publish("id2", record("webapp2", "10.5.0.12"))
    world.names.publish("id3", record("webapp3", "10.5.0.13", ready=False))
    return world
