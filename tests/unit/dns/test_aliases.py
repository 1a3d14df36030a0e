"""Registered host names: aliases, followed here where they lead to ours, else by the host's resolvers."""

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from reconciler.dns.outside import Outside
from reconciler.engine.names import EmbeddedNames
from tests.support.fake_resolver import FakeResolver, address_answer
from tests.unit.dns.conftest import Start, World
from tests.unit.dns.questions import CLIENT, full_names, instance, resolver, service, told, told_texts


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


def test_a_short_name_of_ours_as_host_is_completed_by_our_zone_and_never_asked_of_others() -> None:
    names = full_names()
    names.register("s7", service("u7", "WebApp", cluster="short"))
    names.register("s8", service("u8", "webapp1.webapp", cluster="one"))
    lines = told_texts(names, "short.prod.docker")
    assert lines[0] == "short.prod.docker. 30 IN CNAME webapp.dev.docker."
    assert len(lines) == 1 + 4
    assert told_texts(names, "one.prod.docker") == [
        "one.prod.docker. 30 IN CNAME webapp1.webapp.dev.docker.",
        "webapp1.webapp.dev.docker. 5 IN A 10.5.0.11",
    ]
    assert told_texts(names, "one.prod.docker", "SRV") == [
        "one.prod.docker. 30 IN SRV 10 100 5432 webapp1.webapp.dev.docker."
    ]


@pytest.mark.parametrize(("kind", "at"), [("CNAME", -1), ("SRV", -1)])
def test_a_host_becomes_a_short_name_of_ours_with_the_cluster_that_comes(kind: str, at: int) -> None:
    names = full_names()
    names.register("s7", service("u7", "later", cluster="short", env="dev"))
    answering = resolver(names)
    packet = dns.message.make_query("short.dev.docker", kind).to_wire()

    def target() -> str:
        said = answering.reply(packet, CLIENT, tcp=True)
        assert isinstance(said, bytes)
        return dns.message.from_wire(said).answer[0].to_text().split()[at]

    assert target() == "later."
    names.publish("id20", instance("later1", "10.5.0.20", cluster="later"))
    assert target() == "later.dev.docker."
    names.withdraw("id20")
    assert target() == "later."


def test_a_name_of_an_address_of_ours_as_host_is_answered_here() -> None:
    names = full_names()
    names.register("s7", service("u7", "11.0.5.10.in-addr.arpa", cluster="back"))
    names.register("s8", service("u8", "200.0.5.10.in-addr.arpa", cluster="free"))
    assert told_texts(names, "back.prod.docker", "PTR") == [
        "11.0.5.10.in-addr.arpa. 5 IN PTR webapp1.webapp.dev.docker.",
        "back.prod.docker. 30 IN CNAME 11.0.5.10.in-addr.arpa.",
    ]
    answer = told(names, "back.prod.docker")
    assert (answer.rcode(), len(answer.answer)) == (dns.rcode.NOERROR, 1)
    assert str(answer.authority[0].name) == "0.5.10.in-addr.arpa."
    assert told(names, "free.prod.docker").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("kind", ["MX", "HTTPS", "NAPTR", "PTR", "TXT", "NS", "SOA", "TYPE65280"])
def test_an_alias_stands_for_every_type_that_the_name_has_none_of(kind: str) -> None:
    names = full_names()
    assert told_texts(names, "front.dev.docker", "HTTPS") == ["front.dev.docker. 30 IN CNAME webapp.dev.docker."]
    asked = resolver(names).reply(dns.message.make_query("mail.prod.docker", kind).to_wire(), CLIENT, tcp=False)
    assert isinstance(asked, Outside)
    assert dns.message.from_wire(asked.packet).question[0].to_text() == f"mail.example.com. IN {kind}"


def test_what_we_say_of_a_service_ourselves_is_not_its_hosts_to_say() -> None:
    names = full_names()
    names.register("s7", service("u7", "db.example.com", cluster="told", detail="instance=u7"))
    assert told_texts(names, "told.prod.docker", "TXT") == ['told.prod.docker. 30 IN TXT "instance=u7"']
    assert told_texts(names, "told.prod.docker", "SRV") == ["told.prod.docker. 30 IN SRV 10 100 5432 db.example.com."]


def test_a_mail_exchanger_behind_an_alias_comes_with_it(aliased: World) -> None:
    def exchanger(packet: bytes, _tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(packet)
        response = dns.message.make_response(query)
        response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "MX", "10 mx.example.net."))
        return [response.to_wire()]

    with FakeResolver(exchanger) as upstream:
        aliased.upstreams.append(upstream.text)
        assert [rrset.to_text() for rrset in aliased.ask("mail.prod.docker", "MX").answer] == [
            "mail.prod.docker. 30 IN CNAME mail.example.com.",
            "mail.example.com. 60 IN MX 10 mx.example.net.",
        ]


def test_a_zones_own_name_is_no_alias_for_other_types() -> None:
    names = EmbeddedNames("dev", "host1")
    names.register("s1", service("u1", "mail.example.com", cluster="mail"))
    answer = told(names, "prod.docker", "MX")
    assert not answer.answer
    assert str(answer.authority[0].name) == "prod.docker."


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
