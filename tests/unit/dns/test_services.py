"""SRV: a record for each port, the asked zone before the others, and targets that resolve."""

import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from reconciler.engine.names import EmbeddedNames
from tests.unit.dns.conftest import World
from tests.unit.dns.questions import full_names, instance, service, told, told_texts


@pytest.fixture
def names() -> EmbeddedNames:
    made = EmbeddedNames("dev", "host1.example.com")
    made.publish("id1", instance("webapp1", "10.5.0.11", zone="az1"))
    made.publish("id2", instance("webapp2", "10.5.0.12", zone="az2"))
    made.publish("id3", instance("webapp3", "10.5.0.13", zone="az2", ready=False))
    return made


def test_each_port_of_each_ready_instance_has_a_record_and_shares_the_weight(names: EmbeddedNames) -> None:
    assert told_texts(names, "webapp.dev.docker", "SRV") == [
        "webapp.dev.docker. 5 IN SRV 10 25 80 webapp1.webapp.dev.docker.",
        "webapp.dev.docker. 5 IN SRV 10 25 80 webapp2.webapp.dev.docker.",
        "webapp.dev.docker. 5 IN SRV 10 25 8080 webapp1.webapp.dev.docker.",
        "webapp.dev.docker. 5 IN SRV 10 25 8080 webapp2.webapp.dev.docker.",
    ]


def test_the_asked_zone_comes_first_and_the_others_are_there_to_fail_over_to(names: EmbeddedNames) -> None:
    names.publish("id4", instance("webapp4", "10.5.0.14", zone="az3"))
    assert told_texts(names, "*.*.az1.*.webapp.dev.docker", "SRV") == [
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 10 50 80 webapp1.webapp.dev.docker.",
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 10 50 8080 webapp1.webapp.dev.docker.",
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 20 25 80 webapp2.webapp.dev.docker.",
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 20 25 80 webapp4.webapp.dev.docker.",
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 20 25 8080 webapp2.webapp.dev.docker.",
        "*.*.az1.*.webapp.dev.docker. 5 IN SRV 20 25 8080 webapp4.webapp.dev.docker.",
    ]


def test_a_zone_without_instances_has_no_address_but_others_to_fail_over_to(names: EmbeddedNames) -> None:
    assert told(names, "az9.v001.webapp.dev.docker", "A").rcode() == dns.rcode.NOERROR
    assert not told(names, "az9.v001.webapp.dev.docker", "A").answer
    priorities = {item.priority for item in told(names, "az9.v001.webapp.dev.docker", "SRV").answer[0]}
    assert priorities == {20}


def test_the_addresses_of_targets_come_with_them(names: EmbeddedNames) -> None:
    additional = told(names, "webapp.dev.docker", "SRV").additional
    assert sorted(rrset.to_text() for rrset in additional) == [
        "webapp1.webapp.dev.docker. 5 IN A 10.5.0.11",
        "webapp2.webapp.dev.docker. 5 IN A 10.5.0.12",
    ]


@pytest.mark.parametrize("name", ["webapp.dev.docker", "db.prod.docker", "az2.*.webapp.dev.docker", "*.*.docker"])
def test_every_target_of_ours_answers_with_the_address_that_came_with_it(name: str) -> None:
    """Also those of registered services that gave no revision and no zone."""
    names = full_names()
    additional = {rrset.name: {item.address for item in rrset} for rrset in told(names, name, "SRV").additional}
    targets = {item.target for item in told(names, name, "SRV").answer[0] if str(item.target).endswith(".docker.")}
    assert additional.keys() <= targets
    assert len(additional) > 1
    for target, addresses in additional.items():
        found = told(names, str(target)).answer
        assert {item.address for rrset in found for item in rrset} == addresses


def test_a_registered_service_keeps_its_full_name_as_target(names: EmbeddedNames) -> None:
    names.register("s1", service("u1", "10.5.0.99"))
    names.register("s2", service("u2", "10.5.0.98", revision="", zone=""))
    assert told_texts(names, "db.prod.docker", "SRV") == [
        "db.prod.docker. 30 IN SRV 10 50 5432 u1.10-5-0-99.east.1-0.db.prod.docker.",
        "db.prod.docker. 30 IN SRV 10 50 5432 u2.10-5-0-98.any.any.db.prod.docker.",
    ]


def test_a_registered_host_name_is_the_target_itself(names: EmbeddedNames) -> None:
    names.register("s1", service("u1", "db.example.com"))
    answer = told(names, "db.prod.docker", "SRV")
    assert str(answer.answer[0][0].target) == "db.example.com."
    assert not answer.additional


def test_an_instance_that_is_being_replaced_under_its_number_has_one_record_and_both_addresses() -> None:
    names = EmbeddedNames("dev", "host1")
    names.publish("old", instance("webapp1", "10.5.0.11"))
    names.publish("new", instance("webapp1", "10.5.0.12"))
    answer = told(names, "webapp.dev.docker", "SRV")
    assert sorted(item.port for item in answer.answer[0]) == [80, 8080]
    assert sorted(item.address for item in answer.additional[0]) == ["10.5.0.11", "10.5.0.12"]


def test_what_has_no_ports_has_no_records(names: EmbeddedNames) -> None:
    names.register("s1", service("u1", "10.5.0.99", ports=()))
    answer = told(names, "db.prod.docker", "SRV")
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.answer
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


def test_a_port_or_a_name_that_dns_can_not_carry_is_left_out(names: EmbeddedNames) -> None:
    names.register("s1", service("u1", "10.5.0.99", ports=(0, 65_536, 65_535)))
    names.register("s2", service("u2", "no host name"))
    names.register("s3", service("x" * 70, "10.5.0.97"))
    assert [item.port for item in told(names, "db.prod.docker", "SRV").answer[0]] == [65_535]
    assert len(told(names, "db.prod.docker").answer[0]) == 2


def test_among_very_many_each_has_a_weight_of_one_at_least() -> None:
    names = EmbeddedNames("dev", "host1")
    names.replace({f"id{n}": instance(f"web{n}", f"10.5.1.{n}", cluster="web") for n in range(150)})
    assert {item.weight for item in told(names, "web.dev.docker", "SRV").answer[0]} == {1}


def test_over_udp_the_additional_addresses_go_first_and_then_records_with_tc(world: World) -> None:
    for number in range(1, 12):
        world.names.publish(f"id{number}", instance(f"web{number}", f"10.5.1.{number}", cluster="web"))
    few = world.ask("web.dev.docker", "SRV", use_edns=0, payload=1_232)
    assert len(few.answer[0]) == 22
    assert not few.flags & dns.flags.TC
    assert 0 < len(few.additional) < 11
    cut = world.ask("web.dev.docker", "SRV")
    assert cut.flags & dns.flags.TC
    assert len(cut.to_wire()) <= 512
    assert not cut.additional
    assert len(cut.answer[0]) > 5
    whole = world.ask("web.dev.docker", "SRV", tcp=True)
    assert len(whole.answer[0]) == 22
    assert len(whole.additional) == 11
