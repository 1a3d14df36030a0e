"""What our own names answer."""

import random

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from reconciler.dns.answers import Answer, prepare
from reconciler.dns.question import read_question
from reconciler.dns.zone import Zone
from reconciler.engine.names import EmbeddedNames
from tests.unit.dns.conftest import Start, World, record


def test_an_instance_answers_with_its_address_for_five_seconds(world: World) -> None:
    answer = world.ask("webapp1.webapp.dev.docker")
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer[0].to_text() == "webapp1.webapp.dev.docker. 5 IN A 10.5.0.11"


def test_an_instance_answers_before_it_is_ready(world: World) -> None:
    assert world.addresses("webapp3.webapp.dev.docker") == ["10.5.0.13"]


def test_a_cluster_answers_with_its_ready_instances_only(world: World) -> None:
    assert sorted(world.addresses("webapp.dev.docker")) == ["10.5.0.11", "10.5.0.12"]


def test_an_answer_is_authoritative_and_offers_recursion(world: World) -> None:
    flags = world.ask("webapp.dev.docker").flags
    assert flags & dns.flags.AA
    assert flags & dns.flags.RA
    assert flags & dns.flags.RD


def test_a_cluster_with_nothing_ready_exists_without_addresses(world: World) -> None:
    world.names.publish("id9", record("auth1", "10.5.0.19", cluster="auth", ready=False))
    answer = world.ask("auth.dev.docker")
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.answer


def test_a_withdrawn_name_is_gone_with_the_next_question(world: World) -> None:
    assert world.addresses("webapp1.webapp.dev.docker")
    world.names.withdraw("id1")
    assert world.ask("webapp1.webapp.dev.docker").rcode() == dns.rcode.NXDOMAIN
    assert world.addresses("webapp.dev.docker") == ["10.5.0.12"]


def test_an_instance_that_becomes_ready_joins_its_cluster_with_the_next_question(world: World) -> None:
    assert "10.5.0.13" not in world.addresses("webapp.dev.docker")
    world.names.publish("id3", record("webapp3", "10.5.0.13"))
    assert "10.5.0.13" in world.addresses("webapp.dev.docker")


def test_the_last_instance_takes_the_clusters_name_with_it(world: World) -> None:
    for container in ("id1", "id2", "id3"):
        world.names.withdraw(container)
    assert world.ask("webapp.dev.docker").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("kind", ["AAAA", "MX", "SRV", "HTTPS"])
def test_another_type_of_an_existing_name_is_nodata_with_soa(world: World, kind: str) -> None:
    answer = world.ask("webapp1.webapp.dev.docker", kind)
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.answer
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


@pytest.mark.parametrize("name", ["webapp9.webapp.dev.docker", "nothing.dev.docker", "a.webapp1.webapp.dev.docker"])
def test_a_missing_name_is_nxdomain_with_soa(world: World, name: str) -> None:
    answer = world.ask(name)
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert answer.authority[0].rdtype == dns.rdatatype.SOA
    assert answer.authority[0].ttl == answer.authority[0][0].minimum == 1


def test_the_zone_itself_has_an_soa_whose_serial_rises_with_each_change(world: World) -> None:
    before = world.ask("dev.docker", "SOA").answer[0][0].serial
    world.names.withdraw("id1")
    assert world.ask("dev.docker", "SOA").answer[0][0].serial == before + 1


def test_the_environment_itself_answers_with_everything_ready_in_it(world: World) -> None:
    assert sorted(world.addresses("dev.docker")) == ["10.5.0.11", "10.5.0.12"]
    world.names.replace({})
    assert world.ask("dev.docker", "A").rcode() == dns.rcode.NOERROR
    assert not world.ask("dev.docker", "A").answer


def test_any_asks_for_the_addresses_too(world: World) -> None:
    assert world.ask("webapp1.webapp.dev.docker", "ANY").answer[0][0].address == "10.5.0.11"


def test_case_makes_no_difference_and_is_echoed(world: World) -> None:
    query = dns.message.make_query("WebApp1.WEBAPP.dev.Docker", "A")
    reply = world.send(query.to_wire())
    assert b"\x07WebApp1\x06WEBAPP\x03dev\x06Docker" in reply
    assert dns.message.from_wire(reply).answer[0][0].address == "10.5.0.11"


def test_a_label_with_a_dot_inside_is_another_name(world: World) -> None:
    assert world.ask("webapp1\\.webapp.dev.docker").rcode() == dns.rcode.NXDOMAIN


def test_a_name_that_only_ends_in_the_same_letters_is_not_ours(world: World) -> None:
    assert world.ask("webapp.xdev.docker").rcode() == dns.rcode.SERVFAIL


def test_addresses_come_in_changing_order(world: World) -> None:
    orders = {tuple(world.addresses("webapp.dev.docker")) for _ in range(64)}
    assert len(orders) == 2


def test_the_domain_may_have_several_labels(start: Start) -> None:
    world = start(env="local", domain="FlyAcmeAir.net.")
    world.names.publish("id1", record("webapp1", "10.5.0.11"))
    assert world.addresses("webapp1.webapp.local.flyacmeair.net") == ["10.5.0.11"]


def test_edns_is_answered_with_edns(world: World) -> None:
    answer = world.ask("webapp.dev.docker", use_edns=0, payload=4096)
    assert answer.edns == 0
    assert answer.payload == 1232
    assert world.ask("webapp.dev.docker").edns == -1


def test_an_edns_version_of_the_future_is_badvers(world: World) -> None:
    assert world.ask("webapp.dev.docker", use_edns=1).rcode() == dns.rcode.BADVERS


def test_a_large_cluster_is_truncated_over_udp_and_whole_over_tcp(world: World) -> None:
    for number in range(100):
        world.names.publish(f"big{number}", record(f"big{number}", f"10.5.1.{number}", cluster="big"))
    answer = world.ask("big.dev.docker")
    assert answer.flags & dns.flags.TC
    assert len(answer.to_wire()) <= 512
    assert len(answer.answer[0]) >= 25
    wider = world.ask("big.dev.docker", use_edns=0, payload=4096)
    assert wider.flags & dns.flags.TC
    assert len(answer.answer[0]) < len(wider.answer[0]) < 100
    assert len(world.addresses("big.dev.docker", tcp=True)) == 100


def test_what_a_truncated_answer_holds_changes_so_that_each_instance_has_its_turn(world: World) -> None:
    for number in range(40):
        world.names.publish(f"big{number}", record(f"big{number}", f"10.5.1.{number}", cluster="big"))
    seen = {item.address for _ in range(64) for item in world.ask("big.dev.docker").answer[0]}
    assert len(seen) == 40


def test_a_tcp_answer_holds_as_many_addresses_as_a_message_can() -> None:
    names = EmbeddedNames("dev", "host1")
    addresses = [f"10.6.{number // 250}.{number % 250}" for number in range(5_000)]
    names.replace({each: record(f"big{n}", each, cluster="big") for n, each in enumerate(addresses)})
    question = read_question(dns.message.make_query("big.dev.docker", "A", use_edns=0).to_wire())
    answer = Zone("dev", "docker").answer(question, names.table())
    assert isinstance(answer, Answer)
    wire = prepare(answer, question, 65_535).wire(b"\x00\x07", random.Random(1))
    assert len(dns.message.from_wire(wire, one_rr_per_rrset=True).answer) > 4_000


def test_several_questions_go_over_one_tcp_connection(world: World) -> None:
    with world.connect() as connection:
        for _ in range(3):
            query = dns.message.make_query("webapp1.webapp.dev.docker", "A")
            dns.query.send_tcp(connection, query)
            answer, _when = dns.query.receive_tcp(connection)
            assert answer.id == query.id
            assert answer.answer[0][0].address == "10.5.0.11"


def test_other_operations_are_not_implemented(world: World) -> None:
    query = dns.message.make_query("webapp.dev.docker", "A")
    query.set_opcode(dns.opcode.STATUS)
    reply = world.send(query.to_wire())
    assert dns.message.from_wire(reply).rcode() == dns.rcode.NOTIMP


@pytest.mark.parametrize(("kind", "rdclass"), [("AXFR", "IN"), ("IXFR", "IN"), ("TXT", "CH"), ("A", "ANY")])
def test_transfers_and_other_classes_are_refused(world: World, kind: str, rdclass: str) -> None:
    query = dns.message.make_query("dev.docker", kind, rdclass)
    reply = world.send(query.to_wire())
    assert dns.message.from_wire(reply, one_rr_per_rrset=True).rcode() == dns.rcode.REFUSED
