"""PTR: names of addresses in our network; nothing about that network is asked of anybody else."""

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from reconciler.dns.reverse import Backwards, ReverseZones
from reconciler.engine.names import EmbeddedNames
from tests.support.fake_resolver import FakeResolver, address_answer
from tests.unit.dns.conftest import Start
from tests.unit.dns.questions import full_names, instance, told, told_texts


def backwards(address: str) -> str:
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


def test_an_instances_address_has_its_short_name_ready_or_not() -> None:
    names = full_names()
    assert told_texts(names, backwards("10.5.0.11"), "PTR") == [
        "11.0.5.10.in-addr.arpa. 5 IN PTR webapp1.webapp.dev.docker."
    ]
    assert [str(item) for item in told(names, backwards("10.5.0.19"), "PTR").answer[0]] == [
        "webapp9.webapp.dev.docker."
    ]


def test_a_registered_address_in_our_network_has_its_full_name() -> None:
    assert told_texts(full_names(), backwards("10.5.0.99"), "PTR") == [
        "99.0.5.10.in-addr.arpa. 30 IN PTR u1.10-5-0-99.east.1-0.db.prod.docker."
    ]


def test_the_servers_own_address_is_the_name_servers() -> None:
    assert told_texts(full_names(), backwards("10.5.0.1"), "PTR") == [
        "1.0.5.10.in-addr.arpa. 5 IN PTR ns.dns.dev.docker."
    ]


def test_the_name_leads_back_to_the_address() -> None:
    names = full_names()
    for address in ("10.5.0.11", "10.5.0.99", "10.5.0.1", "10.5.1.77"):
        name = str(told(names, backwards(address), "PTR").answer[0][0].target)
        assert [item.address for item in told(names, name).answer[0]] == [address]


def test_an_address_that_nobody_has_is_nxdomain_with_the_networks_soa() -> None:
    answer = told(full_names(), backwards("10.5.0.200"), "PTR")
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert str(answer.authority[0].name) == "0.5.10.in-addr.arpa."
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


@pytest.mark.parametrize("kind", ["A", "TXT", "SRV"])
def test_an_address_has_no_other_records(kind: str) -> None:
    answer = told(full_names(), backwards("10.5.0.11"), kind)
    assert answer.rcode() == dns.rcode.NOERROR
    assert not answer.answer
    assert answer.authority


@pytest.mark.parametrize(
    "name", ["x.0.5.10.in-addr.arpa", "011.0.5.10.in-addr.arpa", "256.0.5.10.in-addr.arpa", "1.11.0.5.10.in-addr.arpa"]
)
def test_nonsense_below_our_network_is_denied_here(name: str) -> None:
    assert told(full_names(), name, "PTR").rcode() == dns.rcode.NXDOMAIN


def test_the_reverse_zone_has_an_soa_and_the_name_server() -> None:
    names = full_names()
    assert str(told(names, "0.5.10.in-addr.arpa", "SOA").answer[0][0].mname) == "ns.dns.dev.docker."
    assert told_texts(names, "0.5.10.in-addr.arpa", "NS") == ["0.5.10.in-addr.arpa. 5 IN NS ns.dns.dev.docker."]
    assert told(names, "0.5.10.in-addr.arpa", "PTR").rcode() == dns.rcode.NOERROR


def zone(labels: str) -> tuple[str, ...]:
    return (*labels.split("."), "in-addr", "arpa")


@pytest.mark.parametrize(
    ("subnet", "name", "found"),
    [
        ("10.5.0.0/24", "11.0.5.10", Backwards(zone=zone("0.5.10"), address="10.5.0.11")),
        ("10.5.0.0/24", "0.5.10", Backwards(zone=zone("0.5.10"), apex=True)),
        ("10.5.0.0/24", "5.10", None),
        ("10.5.0.0/24", "1.1.5.10", None),
        ("10.5.0.0/22", "9.3.5.10", Backwards(zone=zone("3.5.10"), address="10.5.3.9")),
        ("10.5.0.0/22", "9.4.5.10", None),
        ("10.5.0.0/16", "9.4.5.10", Backwards(zone=zone("5.10"), address="10.5.4.9")),
        ("10.5.0.0/16", "4.5.10", Backwards(zone=zone("5.10"), between=True)),
        ("10.5.0.0/26", "63.0.5.10", Backwards(zone=zone("0.5.10"), address="10.5.0.63")),
        ("10.5.0.0/26", "64.0.5.10", None),
        ("10.5.0.0/26", "0.5.10", None),
        ("10.5.0.0/12", "1.1.20.10", None),
        ("10.0.0.0/12", "1.1.15.10", Backwards(zone=zone("15.10"), address="10.15.1.1")),
    ],
)
def test_a_network_of_any_size_is_ours_to_its_bounds(subnet: str, name: str, found: Backwards | None) -> None:
    assert ReverseZones((subnet,), ()).find(zone(name)) == found


def test_addresses_elsewhere_are_asked_of_others_and_ours_never(start: Start) -> None:
    world = start(subnets=("10.5.0.0/24",))
    world.names.publish("id1", instance("webapp1", "10.5.0.11"))
    with FakeResolver(lambda packet, _tcp: [address_answer(packet)]) as upstream:
        world.upstreams.append(upstream.text)
        assert world.ask(backwards("10.6.0.11"), "PTR").answer
        assert len(upstream.asked) == 1
        for address in ("10.5.0.11", "10.5.0.12", "127.0.0.1"):
            world.ask(backwards(address), "PTR")
        assert len(upstream.asked) == 1


def test_an_address_has_a_new_name_with_the_next_question() -> None:
    names = EmbeddedNames("dev", "host1")
    names.publish("id1", instance("webapp1", "10.5.0.11"))
    assert told(names, backwards("10.5.0.11"), "PTR").answer
    names.withdraw("id1")
    assert told(names, backwards("10.5.0.11"), "PTR").rcode() == dns.rcode.NXDOMAIN
