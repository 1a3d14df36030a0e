"""A DNS server on a free port of loopback, and an asker that uses the DNS library, not our own code."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import dns.message
import dns.query
import pytest

from reconciler.dns.limits import ForwardLimits, TcpLimits
from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

QUICK = ForwardLimits(try_seconds=0.3, total_seconds=0.9, in_flight=8, in_flight_of_one_client=8)
HASTY = TcpLimits(idle_seconds=0.4, message_seconds=0.4, connections=6, connections_of_one_client=4)


def record(instance: str, address: str, *, cluster: str = "webapp", ready: bool = True) -> Record:
    return Record(
        instance=instance, cluster=cluster, zone="az1", revision="v000", address=address, ready=ready
    )


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
        """What the server answers to one question, over a socket; waits 5 s at most."""
        query = dns.message.make_query(name, kind, **options)
        transport = dns.query.tcp if tcp else dns.query.udp
        return transport(query, self.where[0], port=self.where[1], timeout=5)

    def addresses(self, name: str, *, tcp: bool = False) -> list[str]:
        """The addresses answered for a name, in the order of the answer."""
        answer = self.ask(name, tcp=tcp, use_edns=0, payload=1232).answer
        return [item.address for rrset in answer for item in rrset]

    def send(self, packet: bytes, *, wait_seconds: float = 5.0) -> bytes | None:
        """The raw answer to raw bytes over UDP, None where none came in time."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(wait_seconds)
            asker.connect(self.where)
            asker.send(packet)
            try:
                return asker.recv(65_535)
            except TimeoutError:
                return None

    def connect(self) -> socket.socket:
        """A TCP connection with a time limit of 5 s on each call."""
        return socket.create_connection(self.where, timeout=5)


Start = Callable[..., World]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers, each on a port of its own, and stops them all at the end."""
    servers: list[DnsServer] = []

    def begin(
        *,
        zone: str = "dev.docker",
        host: str = "127.0.0.1",
        forward: ForwardLimits = QUICK,
        tcp: TcpLimits = HASTY,
        subnets: tuple[str, ...] = (),
    ) -> World:
        names = EmbeddedNames()
        upstreams: list[str] = []
        server = DnsServer(zone, names.table, lambda: upstreams, subnets=subnets, forward=forward, tcp=tcp)
        server.start([(host, 0)])
        servers.append(server)
        return World(server, names, upstreams)

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture
def world(start: Start) -> World:
    """A server for dev.docker with webapp1 and webapp2 ready, webapp3 not yet, and no upstreams."""
    world = start()
    world.names.publish("id1", record("webapp1", "10.5.0.11"))
    world.names.publish("id2", record("webapp2", "10.5.0.12"))
    world.names.publish("id3", record("webapp3", "10.5.0.13", ready=False))
    return world
