"""Names that aren't ours: asked of the host's resolvers, which may be slow, dead, wrong, or ourselves."""

from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from reconciler.engine.resolvers import HostUpstreams
from tests.support.beating import eventually
from tests.support.fake_resolver import FakeResolver, address_answer
from tests.unit.dns.conftest import Start, World


def honest(packet: bytes, _tcp: bool) -> list[bytes]:
    return [address_answer(packet)]


def silent(_packet: bytes, _tcp: bool) -> list[bytes]:
    return []


def failing(packet: bytes, _tcp: bool) -> list[bytes]:
    response = dns.message.make_response(dns.message.from_wire(packet))
    response.set_rcode(dns.rcode.SERVFAIL)
    return [response.to_wire()]


@pytest.mark.parametrize("tcp", [False, True])
def test_other_names_are_forwarded_over_the_clients_transport(world: World, tcp: bool) -> None:
    with FakeResolver(honest) as upstream:
        world.upstreams.append(upstream.text)
        assert world.addresses("www.example.org", tcp=tcp) == ["192.0.2.7"]
        assert [over_tcp for _packet, over_tcp in upstream.asked] == [tcp]


@pytest.mark.parametrize("name", ["nothing.dev.docker", "dev.docker", "x.y.webapp.DEV.docker"])
def test_our_zone_is_never_forwarded(world: World, name: str) -> None:
    with FakeResolver(honest) as upstream:
        world.upstreams.append(upstream.text)
        world.ask(name)
        world.ask(name, "AAAA", tcp=True)
        assert upstream.asked == []


@pytest.mark.parametrize("name", ["webapp", "webapp1.webapp", "WebApp."])
def test_a_name_of_ours_without_its_zone_is_denied_here_so_that_search_domains_go_on(world: World, name: str) -> None:
    with FakeResolver(honest) as upstream:
        world.upstreams.append(upstream.text)
        assert world.ask(name).rcode() == dns.rcode.NXDOMAIN
        assert upstream.asked == []


def test_each_question_has_a_port_and_an_id_of_its_own(world: World) -> None:
    with FakeResolver(honest) as upstream:
        world.upstreams.append(upstream.text)
        for number in range(12):
            world.ask(f"n{number}.example.org", id=5)
        assert len({port for _address, port in upstream.senders}) > 6
        assert len({packet[:2] for packet, _tcp in upstream.asked}) > 6


def test_an_answer_with_a_wrong_id_is_ignored(hasty: World) -> None:
    def forged(packet: bytes, _tcp: bool) -> list[bytes]:
        wrong = ((int.from_bytes(packet[:2], "big") + 1) % 65_536).to_bytes(2, "big")
        return [wrong + address_answer(packet, "203.0.113.66")[2:]]

    with FakeResolver(forged) as liar:
        hasty.upstreams.append(liar.text)
        assert hasty.ask("www.example.org").rcode() == dns.rcode.SERVFAIL
        assert len(liar.asked) == 1


def test_a_port_that_nobody_listens_on_is_not_waited_for(world: World) -> None:
    """Waiting for it would take longer than the client waits."""
    with FakeResolver(honest) as gone:
        nobody = gone.text
    with FakeResolver(honest) as upstream:
        world.upstreams += [nobody, upstream.text]
        assert world.addresses("www.example.org") == ["192.0.2.7"]


def test_a_failing_resolver_is_passed_over_and_its_failure_kept_for_last(world: World) -> None:
    with FakeResolver(failing) as broken, FakeResolver(honest) as upstream:
        world.upstreams.append(broken.text)
        assert world.ask("www.example.org").rcode() == dns.rcode.SERVFAIL
        world.upstreams.append(upstream.text)
        assert world.addresses("www.example.org") == ["192.0.2.7"]


@pytest.mark.parametrize("tcp", [False, True])
def test_when_no_resolver_answers_the_client_is_told_in_time(hasty: World, tcp: bool) -> None:
    """Each of so many, waited for as long as one may be, would take longer than the client waits."""
    with FakeResolver(silent) as one, FakeResolver(silent) as two:
        hasty.upstreams += [one.text, two.text] * 1_000
        assert hasty.ask("www.example.org", tcp=tcp).rcode() == dns.rcode.SERVFAIL
        assert one.asked


def test_without_resolvers_the_answer_is_servfail(world: World) -> None:
    assert world.ask("www.example.org").rcode() == dns.rcode.SERVFAIL


def test_a_slow_resolver_delays_nobody_else(world: World) -> None:
    """It is being waited for, and will be for longer than the client of our own name waits."""
    with FakeResolver(silent) as slow, world.asker() as first:
        world.upstreams.append(slow.text)
        first.send(dns.message.make_query("www.example.org", "A").to_wire())
        assert eventually(lambda: len(slow.asked) == 1)
        assert world.addresses("webapp1.webapp.dev.docker") == ["10.5.0.11"]
        assert world.addresses("webapp1.webapp.dev.docker", tcp=True) == ["10.5.0.11"]


def test_ourselves_are_never_asked(world: World) -> None:
    address, port = world.where
    world.upstreams.append(f"{address}:{port}")
    assert world.ask("www.example.org").rcode() == dns.rcode.SERVFAIL
    assert world.server.counts["forwarded"] == 1


def test_what_is_no_resolver_address_is_passed_over(world: World) -> None:
    with FakeResolver(honest) as upstream:
        world.upstreams += ["resolver.example", "10.0.0.1:dns", "[::1", "", "fe80::1%nowhere", upstream.text]
        assert world.addresses("www.example.org") == ["192.0.2.7"]


def test_a_long_answer_is_truncated_for_a_udp_client_that_can_not_take_it(world: World) -> None:
    with FakeResolver(lambda packet, _tcp: [address_answer(packet, count=100)]) as upstream:
        world.upstreams.append(upstream.text)
        answer = world.ask("www.example.org")
        assert answer.flags & dns.flags.TC
        assert not answer.answer
        assert len(world.ask("www.example.org", use_edns=0, payload=4_096).answer[0]) == 100
        assert len(world.addresses("www.example.org", tcp=True)) == 100


def test_a_change_of_resolv_conf_counts_from_the_next_question(tmp_path: Path) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    upstreams = HostUpstreams(resolv_conf, tmp_path / "none")
    assert upstreams() == ()
    resolv_conf.write_text("nameserver 10.0.0.1\n")
    assert upstreams() == ("10.0.0.1",)
    resolv_conf.write_text("nameserver 10.0.0.1\nnameserver 127.0.0.1\n")
    assert upstreams() == ("10.0.0.1", "127.0.0.1")
    resolv_conf.unlink()
    assert upstreams() == ()


def test_the_server_follows_resolv_conf_from_the_next_question(start: Start, tmp_path: Path) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    upstreams = HostUpstreams(resolv_conf, tmp_path / "none")
    with (
        FakeResolver(lambda packet, _tcp: [address_answer(packet, "192.0.2.1")], "127.0.0.3") as one,
        FakeResolver(lambda packet, _tcp: [address_answer(packet, "192.0.2.2")], "127.0.0.4") as two,
    ):
        ports = dict(each.text.split(":") for each in (one, two))
        world = start(upstreams_from=lambda: [f"{each}:{ports[each]}" for each in upstreams()])
        assert world.ask("www.example.org").rcode() == dns.rcode.SERVFAIL
        for address, found in (("127.0.0.3", "192.0.2.1"), ("127.0.0.4", "192.0.2.2"), ("127.0.0.3", "192.0.2.1")):
            resolv_conf.write_text(f"search example.org\nnameserver {address}\n")
            assert world.addresses("www.example.org") == [found]
        resolv_conf.unlink()
        assert world.ask("www.example.org").rcode() == dns.rcode.SERVFAIL
