"""What names answer beside addresses, by Debian's dig: services, pointers, the zone's own records, texts."""

import ipaddress

import pytest

from tests.support.dig import Dug, dig, dig_inside, reverse
from tests.support.name_world import World, address
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


def services(world: World, answer: Dug) -> set[tuple[int, int, int, str]]:
    """Priority, weight, port and the target's instance of each SRV record."""
    found = [line.split() for line in answer.data("SRV")]
    end = f".webapp.{world.zone}."
    assert all(target.endswith(end) for *_, target in found), answer.text
    return {
        (int(priority), int(weight), int(port), target.removesuffix(end)) for priority, weight, port, target in found
    }


_ALL = {(10, 25, port, name) for port in (8080, 8443) for name in ("webapp1", "webapp2")}
_FIRST = {(10, 50, port, "webapp1") for port in (8080, 8443)}
_SECOND = {(10, 50, port, "webapp2") for port in (8080, 8443)}


def elsewhere(found: set[tuple[int, int, int, str]]) -> set[tuple[int, int, int, str]]:
    return {(20, weight, port, name) for _, weight, port, name in found}


@pytest.mark.parametrize(
    ("form", "expected"),
    {
        "webapp": _ALL,
        "v000.webapp": _ALL,
        "*.*.*.*.webapp": _ALL,
        "az1.v000.webapp": _FIRST | elsewhere(_SECOND),
        "*.*.az2.*.webapp": _SECOND | elsewhere(_FIRST),
        "any.HOST.az1.any.webapp": _FIRST | elsewhere(_SECOND),
        "az9.v000.webapp": elsewhere(_ALL),  # nobody is there (any more): its clients go elsewhere
        "webapp1.webapp": _FIRST,
        "webapp2.HOST.az2.v000.webapp": _SECOND,
    }.items(),
)
def test_services_name_each_port_and_other_zones_as_second_choice(
    world: World, form: str, expected: set[tuple[int, int, int, str]]
) -> None:
    answer = world.asked(form, "SRV")
    assert (answer.status, services(world, answer)) == ("NOERROR", expected), answer.text
    told = {line.name: line.data for line in answer.additional}  # the targets' addresses come along
    assert told == {
        f"{name}.webapp.{world.zone}.": world.addresses[name.replace("webapp", "webapp-")] for *_, name in expected
    }
    assert services(world, world.asked_inside(form, "SRV")) == expected
    for target, where in told.items():
        assert dig(target, server=world.server).addresses == {where}


def test_an_address_has_the_short_name_of_its_instance(world: World) -> None:
    """Asked at the server itself: Docker's resolver answers its own."""
    for instance, name in {
        "webapp-1": "webapp1.webapp",
        "webapp-3": "webapp3.webapp",
        "auth-1": "login1.login",
    }.items():
        answer = dig(reverse(world.addresses[instance]), "PTR", server=world.server)
        assert answer.data("PTR") == [f"{world.name(name)}."], answer.text
    inside = dig_inside(
        world.loop.docker, world.client, reverse(world.addresses["webapp-1"]), "PTR", server=world.server
    )
    assert inside.data("PTR") == [f"{world.name('webapp1.webapp')}."]


def test_an_address_that_nobody_has_is_denied_and_never_asked_for_outside(world: World) -> None:
    network = ipaddress.ip_network(
        world.loop.docker.inspect_network(f"reconciler-{world.loop.env}")["IPAM"]["Config"][0]["Subnet"]
    )
    answer = dig(reverse(str(network.broadcast_address - 1)), "PTR", server=world.server)
    assert answer.denied == "NXDOMAIN", answer.text
    assert "aa" in answer.flags
    assert dig(reverse(world.addresses["webapp-1"]), "A", server=world.server).denied == "NODATA"


def test_the_zone_names_its_server(world: World) -> None:
    server = f"ns.dns.{world.zone}."
    answer = dig(world.zone, "NS", server=world.server)
    assert answer.data("NS") == [server]
    assert [(line.name, line.data) for line in answer.additional] == [(server, world.server)]
    assert dig(server, server=world.server).addresses == {world.server}
    assert dig(reverse(world.server), "PTR", server=world.server).data("PTR") == [server]
    (soa,) = dig(world.zone, "SOA", server=world.server).data("SOA")
    assert soa.split()[:2] == [server, f"hostmaster.{world.zone}."]


def test_text_tells_who_stands_behind_a_name(world: World) -> None:
    assert sorted(world.asked("webapp", "TXT").data("TXT")) == [
        '"instance=webapp1 zone=az1 revision=v000 ready=yes"',
        '"instance=webapp2 zone=az2 revision=v000 ready=yes"',
    ]
    assert world.asked("webapp3.webapp", "TXT").data("TXT") == ['"instance=webapp3 zone=az1 revision=v000 ready=no"']


def test_any_type_is_answered_with_addresses_and_transfers_are_refused(world: World) -> None:
    assert world.asked("webapp", "ANY").addresses == world.of("webapp-1", "webapp-2")
    assert dig(world.zone, "AXFR", server=world.server).answer == ()
    assert world.asked("webapp", "A", "-c CH").status == "REFUSED"


def test_a_change_makes_the_zones_serial_rise(world: World) -> None:
    before = world.serial()
    world.loop.save("passing", spec(1))
    world.loop.until_ready("passing", 1)
    passing = {address(world.loop, f"{world.loop.env}-passing-1")}
    # Ready is told a moment before the name is: both are parts of one pass, and this is the second.
    world.loop.until(lambda: world.asked("passing").addresses == passing, what="its name answers")
    risen = world.serial()
    assert risen > before
    assert world.loop.cli("delete", "passing").code == 0
    world.loop.until_gone("passing")
    assert world.asked("passing").denied == "NXDOMAIN"
    assert world.serial() > risen
