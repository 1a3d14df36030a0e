"""Which names are ours, whose zone a denial carries, the name server's own name, TXT."""

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from reconciler.dns.outside import Outside
from reconciler.engine.names import EmbeddedNames
from tests.unit.dns.conftest import Start
from tests.unit.dns.questions import CLIENT, full_names, resolver, service, told, told_texts


def outside(names: EmbeddedNames, name: str, kind: str = "A") -> bool:
    """It is passed on to others."""
    said = resolver(names).reply(dns.message.make_query(name, kind).to_wire(), CLIENT, tcp=False)
    return isinstance(said, Outside)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("webapp.dev.docker", 4),
        ("v001.webapp.dev.docker", 4),
        ("v002.webapp.dev.docker", None),
        ("az1.v001.webapp.dev.docker", 2),
        ("*.*.az1.*.webapp.dev.docker", 2),
        ("any.all.AZ1.any.webapp.dev.docker", 2),
        ("host1-example-com.*.*.webapp.dev.docker", 4),
        ("webapp1.host1-example-com.az2.v001.webapp.dev.docker", 1),
        ("webapp1.*.az1.*.webapp.dev.docker", 0),
        ("webapp9.webapp.dev.docker", 1),
        ("webapp9.*.*.*.webapp.dev.docker", 0),
        ("webapp.*.docker", 4),
        ("webapp.ANY.docker", 4),
        ("db.prod.docker", 2),
        ("db.dev.docker", None),
        ("*.prod.docker", 2),
        ("x.x.x.x.x.webapp.dev.docker", None),
    ],
)
def test_every_form_of_a_name_answers_with_the_ready_instances_it_means(name: str, count: int | None) -> None:
    answer = told(full_names(), name)
    assert answer.rcode() == (dns.rcode.NXDOMAIN if count is None else dns.rcode.NOERROR)
    assert sum(len(rrset) for rrset in answer.answer) == (count or 0)
    assert bool(answer.authority) == (not count)


def test_an_environment_is_ours_while_somebody_registers_under_it() -> None:
    names = full_names()
    assert outside(names, "db.staging.docker")
    names.register("s9", service("u9", "10.5.0.90", env="staging"))
    assert not outside(names, "db.staging.docker")
    assert told(names, "nothing.staging.docker").rcode() == dns.rcode.NXDOMAIN
    names.unregister("s9")
    assert outside(names, "db.staging.docker")


@pytest.mark.parametrize("name", ["docker", "webapp.other.docker", "webapp.dev.docker.example.org", "dev", "."])
def test_the_domain_itself_and_all_else_is_passed_on(name: str) -> None:
    assert outside(full_names(), name)
    assert outside(full_names(), name, "SRV")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("nothing.dev.docker", "dev.docker."),
        ("nothing.prod.docker", "prod.docker."),
        ("nothing.any.docker", "any.docker."),
        ("x.dns.dev.docker", "dev.docker."),
    ],
)
def test_a_denial_carries_the_zone_that_was_asked(name: str, zone: str) -> None:
    soa = told(full_names(), name).authority[0]
    assert str(soa.name) == zone
    assert str(soa[0].mname) == f"ns.dns.{zone}"
    assert str(soa[0].rname) == f"hostmaster.{zone}"


def test_the_name_server_has_a_name_with_the_address_it_is_asked_at() -> None:
    names = full_names()
    assert told_texts(names, "dev.docker", "NS") == ["dev.docker. 5 IN NS ns.dns.dev.docker."]
    assert told(names, "dev.docker", "NS").additional[0].to_text() == "ns.dns.dev.docker. 5 IN A 10.5.0.1"
    assert told_texts(names, "ns.dns.dev.docker") == ["ns.dns.dev.docker. 5 IN A 10.5.0.1"]
    assert told_texts(names, "ns.dns.prod.docker") == ["ns.dns.prod.docker. 5 IN A 10.5.0.1"]


def test_what_lies_beside_the_name_server_is_denied() -> None:
    names = full_names()
    for existing in ("dns.dev.docker", "ns.dns.dev.docker"):
        assert told(names, existing, "MX").rcode() == dns.rcode.NOERROR
    for missing in ("apex.dns.dev.docker", "x.ns.dns.dev.docker"):
        assert told(names, missing).rcode() == dns.rcode.NXDOMAIN


def test_other_names_have_no_name_servers_of_their_own() -> None:
    answer = told(full_names(), "webapp.dev.docker", "NS")
    assert not answer.answer
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


def test_it_answers_with_the_address_it_listens_on(start: Start) -> None:
    world = start(host="127.0.0.2")
    assert world.addresses("ns.dns.dev.docker") == ["127.0.0.2"]


def test_a_text_says_of_each_instance_what_it_is() -> None:
    names = full_names()
    assert told_texts(names, "webapp9.webapp.dev.docker", "TXT") == [
        'webapp9.webapp.dev.docker. 5 IN TXT "instance=webapp9 zone=az1 revision=v001 ready=no"'
    ]
    assert len(told(names, "webapp.dev.docker", "TXT").answer[0]) == 4
    assert told_texts(names, "db.prod.docker", "TXT") == ['db.prod.docker. 30 IN TXT "the database"']


def test_a_long_text_is_cut_into_strings_and_at_a_thousand_bytes() -> None:
    names = full_names()
    names.register("s9", service("u9", "10.5.0.90", cluster="long", detail="é" * 1_000))
    strings = told(names, "long.prod.docker", "TXT").answer[0][0].strings
    assert [len(each) for each in strings] == [255, 255, 255, 255]


def test_the_least_time_to_live_holds_for_all_records_of_an_answer() -> None:
    names = full_names()
    names.register("s9", service("u9", "10.5.0.90", ttl_seconds=7))
    assert told(names, "db.prod.docker").answer[0].ttl == 7
    assert told(names, "db.prod.docker", "SRV").answer[0].ttl == 7


def test_a_time_to_live_that_no_record_can_have_is_taken_as_the_nearest() -> None:
    names = full_names()
    names.register("s8", service("u8", "10.5.0.90", cluster="ever", ttl_seconds=2**40))
    names.register("s9", service("u9", "10.5.0.91", cluster="never", ttl_seconds=-1))
    assert told(names, "ever.prod.docker").answer[0].ttl == 2**31 - 1
    assert told(names, "never.prod.docker").answer[0].ttl == 0
