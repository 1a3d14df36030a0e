"""Starting, stopping, and what is said when an address can't be had."""

import socket
import subprocess
import sys
import threading

import pytest

from reconciler.dns.listen import CannotListen, _refused
from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from tests.support.beating import eventually
from tests.support.fake_resolver import FakeResolver
from tests.unit.dns.conftest import Start, World, record


def server() -> DnsServer:
    return DnsServer("dev", "docker", EmbeddedNames("dev", "host1.example.com").table, tuple)


def test_it_listens_on_several_addresses_over_udp_and_tcp(start: Start) -> None:
    one = server()
    one.start([("127.0.0.1", 0), ("127.0.0.2", 0)])
    try:
        assert [address for address, _port in one.addresses] == ["127.0.0.1", "127.0.0.2"]
        for where in one.addresses:
            socket.create_connection(where, timeout=20).close()
    finally:
        one.stop()


def test_a_stopped_server_frees_its_address_and_may_start_again(world: World) -> None:
    where = world.where
    world.server.stop()
    assert not world.server.alive()
    assert world.server.addresses == ()
    world.server.start([where])
    assert world.where == where
    assert world.addresses("webapp1.webapp.dev.docker") == ["10.5.0.11"]


def test_stopping_twice_or_before_the_start_is_done() -> None:
    one = server()
    one.stop()
    one.start([("127.0.0.1", 0)])
    one.stop()
    one.stop()
    assert not one.alive()


def test_stopping_does_not_wait_for_those_who_ask(world: World) -> None:
    """Longer than it joins its thread, that is: a thread that waits is still there afterwards."""
    with FakeResolver(lambda _packet, _tcp: ()) as silent, world.connect(), world.asker() as asker:
        world.upstreams.append(silent.text)
        asker.send(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x00\x00\x01\x00\x01")
        assert eventually(lambda: len(silent.asked) == 1)
        threads = threading.active_count()
        world.server.stop()
        assert threading.active_count() == threads - 1


def test_a_taken_address_is_named_and_nothing_is_kept(world: World) -> None:
    other = server()
    with pytest.raises(CannotListen, match=r"127\.0\.0\.1:\d+ .*another program") as caught:
        other.start([("127.0.0.2", world.where[1]), world.where])
    assert caught.value.reason == "taken"
    assert not other.alive()
    other.start([("127.0.0.2", world.where[1])])
    other.stop()


def test_a_port_that_only_tcp_has_taken_is_taken_too() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(CannotListen, match="TCP") as caught:
            server().start([listener.getsockname()])
    assert caught.value.reason == "taken"


def test_a_missing_address_is_said_to_be_missing() -> None:
    with pytest.raises(CannotListen, match="no interface has this address") as caught:
        server().start([("203.0.113.1", 0)])
    assert caught.value.reason == "missing"


def test_a_port_that_needs_root_says_what_is_needed() -> None:
    refused = _refused("10.5.0.1", 53, "UDP", PermissionError(13, "Permission denied"))
    assert refused.reason == "denied"
    assert "10.5.0.1:53" in str(refused)
    assert "CAP_NET_BIND_SERVICE" in str(refused)


def test_what_is_no_ipv4_address_is_a_clear_error_too() -> None:
    with pytest.raises(CannotListen, match=r"DNS server: can't listen on localhost:0: it takes an IPv4"):
        server().start([("localhost", 0)])


def test_names_may_change_from_several_threads_while_it_answers(world: World) -> None:
    """Each answer meanwhile is one that some table gave, and the last one is right."""

    def change(writer: int) -> None:
        name = f"w{writer}"
        for turn in range(150):
            world.names.publish(name, record(f"web{writer}", f"10.8.{writer}.{turn}", cluster="busy"))
            if turn % 3 == 0:
                world.names.withdraw(name)
        world.names.publish(name, record(f"web{writer}", f"10.8.{writer}.250", cluster="busy"))

    world.names.publish("steady", record("steady1", "10.8.9.9", cluster="busy"))
    writers = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        found = world.addresses("busy.dev.docker")
        assert "10.8.9.9" in found
        assert len(found) == len({address.rsplit(".", 1)[0] for address in found})
    assert sorted(world.addresses("busy.dev.docker")) == [f"10.8.{n}.250" for n in range(4)] + ["10.8.9.9"]


def test_the_dns_library_is_not_imported_before_the_start() -> None:
    code = "import sys, reconciler.dns.server; sys.exit('dns' in sys.modules or 'asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
