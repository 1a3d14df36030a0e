"""Registered host names: aliases, followed here where they lead to ours, else by the host's resolvers."""

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from reconciler.engine.names import EmbeddedNames
from tests.support.fake_resolver import FakeResolver, address_answer
from tests.unit.dns.conftest import Start, World
from tests.unit.dns.questions import full_names, service, told, told_texts


@pytest.fixture
def aliased(start: Start) -> World:
    """`mail.prod.docker` stands for a host name that is none of ours."""
    world = start()
    world.names.register("s1", service("u1", "Mail.Example.com", cluster="mail"))
    return world


@pytest.mark.parametrize("tcp", [False, True])
def test_an_alias_and_the_address_it_leads_to_come_in_one_answer(aliased: World, tcp: bool) -> None:
    with FakeResolver(lambda packet, _tcp: [address_answer(packet)]) as upstream:
        aliased.upstreams.append(upstream.text)
        answer = aliased.ask("mail.prod.docker", tcp=tcp)
        assert [rrset.to_text() for rrset in answer.answer] == [
            "mail.prod.docker. 30 IN CNAME mail.example.com.",
            "mail.example.com. 60 IN A 192.0.2.7",
        ]
        asked, over_tcp = upstream.asked[0]
        assert over_tcp == tcp
        assert str(dns.message.from_wire(asked).question[0].name) == "mail.example.com."


def test_a_case_that_was_asked_in_comes_back_with_the_alias(aliased: World) -> None:
    with FakeResolver(lambda packet, _tcp: [address_answer(packet)]) as upstream:
        aliased.upstreams.append(upstream.text)
        query = dns.message.make_query("MAIL.prod.Docker", "A", use_edns=0)
        reply = aliased.send(query.to_wire())
    assert b"\x04MAIL\x04prod\x06Docker" in reply
    assert dns.message.from_wire(reply).edns == 0
    assert query.is_response(dns.message.from_wire(reply))


def test_where_the_alias_leads_nowhere_the_answer_says_so(aliased: World) -> None:
    def missing(packet: bytes, _tcp: bool) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(packet))
        response.set_rcode(dns.rcode.NXDOMAIN)
        return [response.to_wire()]

    with FakeResolver(missing) as upstream:
        aliased.upstreams.append(upstream.text)
        answer = aliased.ask("mail.prod.docker")
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert answer.answer[0].rdtype == dns.rdatatype.CNAME


def test_without_resolvers_an_alias_to_others_is_servfail(aliased: World) -> None:
    assert aliased.ask("mail.prod.docker").rcode() == dns.rcode.SERVFAIL


def test_what_is_long_behind_an_alias_is_truncated_over_udp_and_whole_over_tcp(aliased: World) -> None:
    with FakeResolver(lambda packet, _tcp: [address_answer(packet, count=100)]) as upstream:
        aliased.upstreams.append(upstream.text)
        assert aliased.ask("mail.prod.docker").flags & dns.flags.TC
        assert len(aliased.ask("mail.prod.docker", tcp=True).answer[1]) == 100


def test_an_alias_to_a_name_of_ours_is_followed_in_the_table() -> None:
    names = full_names()
    lines = told_texts(names, "front.dev.docker")
    assert lines[0] == "front.dev.docker. 30 IN CNAME webapp.dev.docker."
    assert len([line for line in lines if line.startswith("webapp.dev.docker. 5 IN A 10.5.0.1")]) == 4
    six = told(names, "front.dev.docker", "AAAA")
    assert six.answer[0].rdtype == dns.rdatatype.CNAME
    assert six.authority[0].rdtype == dns.rdatatype.SOA


def test_an_alias_to_a_missing_name_of_ours_is_nxdomain_behind_the_alias() -> None:
    names = full_names()
    names.register("s9", service("u9", "gone.dev.docker", cluster="lost"))
    answer = told(names, "lost.prod.docker")
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert [rrset.to_text() for rrset in answer.answer] == ["lost.prod.docker. 30 IN CNAME gone.dev.docker."]
    assert str(answer.authority[0].name) == "dev.docker."


def test_a_change_behind_an_alias_counts_with_the_next_question(world: World) -> None:
    world.names.register("s1", service("u1", "webapp1.webapp.dev.docker", cluster="front", env="dev"))
    assert world.ask("front.dev.docker").answer[1][0].address == "10.5.0.11"
    world.names.withdraw("id1")
    assert world.ask("front.dev.docker").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_aliases_in_a_circle_end(kind: str) -> None:
    assert told(full_names(), "round.prod.docker", kind).rcode() == dns.rcode.SERVFAIL


def test_a_chain_of_a_few_aliases_is_followed_and_one_without_end_is_not() -> None:
    names = full_names()
    for number in range(30):
        target = f"c{number + 1}.prod.docker" if number < 29 else "webapp.dev.docker"
        names.register(f"c{number}", service(f"c{number}", target, cluster=f"c{number}"))
    assert len(told_texts(names, "c22.prod.docker")) == 8 + 4
    assert told(names, "c0.prod.docker").rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize("kind", ["CNAME", "ANY"])
def test_who_asks_for_the_alias_itself_gets_it_alone(kind: str) -> None:
    names = full_names()
    assert told_texts(names, "mail.prod.docker", kind) == ["mail.prod.docker. 30 IN CNAME mail.example.com."]


def test_beside_others_a_host_name_is_left_out_of_the_addresses() -> None:
    names = EmbeddedNames("dev", "host1")
    names.register("s1", service("u1", "10.5.0.99"))
    names.register("s2", service("u2", "db.example.com"))
    assert told_texts(names, "db.prod.docker") == ["db.prod.docker. 30 IN A 10.5.0.99"]
    names.register("s1", service("u1", "other.example.com"))
    assert not told(names, "db.prod.docker").answer


@pytest.mark.parametrize("target", ["", "a b", "..", "x" * 64, "-x", "::1", "x." * 130, "é.example.com"])
def test_what_is_no_host_name_leads_nowhere(target: str) -> None:
    names = EmbeddedNames("dev", "host1")
    names.register("s1", service("u1", target))
    answer = told(names, "db.prod.docker")
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.answer
