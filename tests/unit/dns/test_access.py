"""Who may ask: the environment's own network and loopback, nobody else; and what they get when we fail."""

import random
import socket

import dns.message
import dns.rcode
import pytest

from reconciler.dns import access as access_module
from reconciler.dns.access import Access, addresses_of_this_host
from reconciler.dns.outside import Outside
from reconciler.dns.resolver import Resolver
from reconciler.dns.zone import Zone
from reconciler.engine.names import EmbeddedNames
from reconciler.state.names import NameTable
from tests.unit.dns.conftest import record

OURS = dns.message.make_query("webapp1.webapp.dev.docker", "A", id=1).to_wire()
OTHER = dns.message.make_query("www.example.org", "A", id=2).to_wire()


@pytest.fixture
def resolver() -> Resolver:
    names = EmbeddedNames("dev", "host1.example.com")
    names.publish("id1", record("webapp1", "10.5.0.11"))
    access = Access(("10.5.0.0/24",))
    return Resolver(Zone("dev", "docker"), names.table, access, random.Random(1))


@pytest.mark.parametrize("client", ["10.5.0.1", "10.5.0.254", "127.0.0.1", "127.9.9.9"])
def test_the_subnet_and_loopback_may_ask(resolver: Resolver, client: str) -> None:
    answer = resolver.reply(OURS, client, tcp=False)
    assert isinstance(answer, bytes)
    assert dns.message.from_wire(answer).answer
    assert isinstance(resolver.reply(OTHER, client, tcp=False), Outside)


@pytest.mark.parametrize("client", ["10.5.1.1", "192.0.2.1", "8.8.8.8"])
@pytest.mark.parametrize("packet", [OURS, OTHER], ids=["ours", "other"])
@pytest.mark.parametrize("tcp", [False, True])
def test_all_others_are_refused_even_what_is_in_the_cache(
    resolver: Resolver, client: str, packet: bytes, tcp: bool
) -> None:
    resolver.reply(OURS, "10.5.0.1", tcp=False)
    answer = resolver.reply(packet, client, tcp=tcp)
    assert isinstance(answer, bytes)
    assert dns.message.from_wire(answer).rcode() == dns.rcode.REFUSED
    assert len(answer) <= len(packet)


def test_who_asked_is_remembered_in_bounded_memory(resolver: Resolver) -> None:
    for number in range(5_000):
        resolver.reply(OURS, f"10.9.{number // 250}.{number % 250}", tcp=False)
    assert len(resolver._access._known) <= 4_096
    assert resolver.counts["refused"] == 5_000


def test_a_fault_of_our_own_is_servfail_for_one_question_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> NameTable:
        raise RuntimeError("no table today")

    resolver = Resolver(Zone("dev", "docker"), broken, Access(()), random.Random(1))
    for _ in range(3):
        answer = resolver.reply(OURS, "127.0.0.1", tcp=False)
        assert isinstance(answer, bytes)
        assert dns.message.from_wire(answer).rcode() == dns.rcode.SERVFAIL
    assert len(caplog.records) == 1


def test_this_hosts_own_addresses_may_ask(resolver: Resolver) -> None:
    """Docker masquerades the host's questions to the gateway: they come from any of its addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards_outside:
        towards_outside.connect(("192.0.2.1", 53))
        own = towards_outside.getsockname()[0]
    answer = resolver.reply(OURS, own, tcp=False)
    assert isinstance(answer, bytes)
    assert dns.message.from_wire(answer).rcode() == dns.rcode.NOERROR


def _source_towards(address: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect((address, 53))
        return str(towards.getsockname()[0])


def test_this_hosts_addresses_are_those_of_its_interfaces() -> None:
    """Towards an interface's first address the kernel chooses that very address as the source."""
    own = addresses_of_this_host()
    assert {"127.0.0.1", _source_towards("127.0.0.1")} <= own
    assert _source_towards("192.0.2.1") in own
    assert own.isdisjoint({"8.8.8.8", "192.0.2.1", "0.0.0.0", "255.255.255.255"})


def test_an_address_that_can_be_bound_is_not_this_hosts_for_that(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everyone's address can be bound under `net.ipv4.ip_nonlocal_bind=1`, as keepalived and haproxy need it."""
    monkeypatch.setattr(socket.socket, "bind", lambda _socket, _address: None)
    answer = resolver.reply(OTHER, "8.8.8.8", tcp=False)
    assert isinstance(answer, bytes)
    assert dns.message.from_wire(answer).rcode() == dns.rcode.REFUSED


def test_an_address_that_the_host_gains_or_loses_counts_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    own, now = {"10.9.0.1"}, 100.0
    monkeypatch.setattr(access_module, "addresses_of_this_host", lambda: frozenset(own))
    access = Access(("10.5.0.0/24",), clock=lambda: now)
    assert (access.allows("10.9.0.1"), access.allows("10.9.0.2")) == (True, False)
    own = {"10.9.0.2"}
    assert (access.allows("10.9.0.1"), access.allows("10.9.0.2")) == (True, False)
    now += 2.0
    assert (access.allows("10.9.0.1"), access.allows("10.9.0.2")) == (False, True)


def test_many_addresses_are_listed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = addresses_of_this_host()
    monkeypatch.setattr(access_module, "_FIRST_INTERFACES", 1)
    assert addresses_of_this_host() == whole


def test_where_the_kernel_does_not_tell_its_addresses_nobody_else_may_ask(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(*_given: object) -> bytes:
        raise OSError("not here")

    monkeypatch.setattr("fcntl.ioctl", refuses)
    access = Access(("10.5.0.0/24",))
    assert [access.allows(client) for client in ("10.5.0.1", "127.0.0.1", "192.0.2.9")] == [True, True, False]
    assert "so it may not ask: not here" in caplog.text
