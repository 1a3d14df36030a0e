"""Servers of several environments in one resolv.conf, as `dns setup` puts them: each passes on, none in a circle."""

import dns.message
import dns.rcode
import pytest

from tests.support.fake_resolver import FakeResolver, address_answer
from tests.unit.dns.conftest import Start, World, record


def honest(packet: bytes, _tcp: bool) -> list[bytes]:
    return [address_answer(packet)]


def failing(packet: bytes, _tcp: bool) -> list[bytes]:
    response = dns.message.make_response(dns.message.from_wire(packet))
    response.set_rcode(dns.rcode.SERVFAIL)
    return [response.to_wire()]


def text(world: World) -> str:
    address, port = world.where
    return f"{address}:{port}"


def one_after_another(start: Start, *envs: str) -> list[World]:
    """Servers that all read the same list, in which they stand themselves."""
    worlds = [start(env=env) for env in envs]
    for world in worlds:
        world.upstreams += [text(one) for one in worlds]
    return worlds


@pytest.mark.parametrize("tcp", [False, True])
def test_a_question_passes_each_of_them_once(start: Start, tcp: bool) -> None:
    worlds = one_after_another(start, "a", "b", "c")
    with FakeResolver(honest) as upstream:
        for world in worlds:
            world.upstreams.append(upstream.text)
        for _ in range(3):  # who answered last is asked first
            assert worlds[0].addresses("www.example.org", tcp=tcp) == ["192.0.2.7"]
        assert [world.server.counts["forwarded"] for world in worlds] == [3, 3, 3]
        assert len(upstream.asked) == 3


def test_a_failure_behind_them_goes_in_no_circle_either(start: Start) -> None:
    worlds = one_after_another(start, "a", "b", "c")
    with FakeResolver(failing) as upstream:
        for world in worlds:
            world.upstreams.append(upstream.text)
        assert worlds[0].ask("www.example.org").rcode() == dns.rcode.SERVFAIL
        assert [world.server.counts["forwarded"] for world in worlds] == [1, 1, 2]


def test_the_first_finds_the_names_of_those_behind_it(start: Start) -> None:
    worlds = one_after_another(start, "a", "b")
    worlds[1].names.publish("id1", record("webapp1", "10.6.0.11"))
    assert worlds[0].addresses("webapp.b.docker") == ["10.6.0.11"]


def test_one_that_was_away_for_a_moment_is_asked_again_before_those_behind_it(start: Start) -> None:
    first = start(env="a")
    with FakeResolver(honest) as gone:
        away = gone.text
    with FakeResolver(honest) as upstream:
        first.upstreams += [text(first), away, upstream.text]
        assert first.addresses("www.example.org") == ["192.0.2.7"]
        with FakeResolver(lambda packet, _tcp: [address_answer(packet, "10.6.0.11")], *_endpoint(away)):
            assert first.addresses("webapp.b.docker") == ["10.6.0.11"]


def _endpoint(written: str) -> tuple[str, int]:
    address, _, port = written.partition(":")
    return address, int(port)


def test_the_last_of_a_list_asks_those_before_it(start: Start) -> None:
    """Systemd-resolved writes its list in an order of its own."""
    world = start(env="a")
    with FakeResolver(honest) as upstream:
        world.upstreams += [upstream.text, text(world)]
        assert world.addresses("www.example.org") == ["192.0.2.7"]
