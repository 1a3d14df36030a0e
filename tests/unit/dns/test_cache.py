"""How long an answer that was made once is given again."""

import dns.rcode

from tests.unit.dns.conftest import World, record


def test_a_cluster_whose_last_name_went_is_denied_though_it_was_asked_for_before(world: World) -> None:
    assert world.addresses("webapp.dev.docker")
    for id_ in ("id1", "id2", "id3"):
        world.names.withdraw(id_)
    assert world.ask("webapp.dev.docker", use_edns=0, payload=1232).rcode() == dns.rcode.NXDOMAIN


def test_a_cluster_that_was_denied_answers_once_it_has_a_name(world: World) -> None:
    assert world.ask("auth.dev.docker").rcode() == dns.rcode.NXDOMAIN
    world.names.publish("id9", record("auth1", "10.5.0.19", cluster="auth"))
    assert world.ask("auth.dev.docker").rcode() == dns.rcode.NOERROR


def test_a_cluster_that_went_and_came_back_elsewhere_answers_with_its_new_address(world: World) -> None:
    world.names.publish("id9", record("auth1", "10.5.0.19", cluster="auth"))
    assert world.addresses("auth.dev.docker") == ["10.5.0.19"]
    world.names.withdraw("id9")
    world.names.publish("id10", record("auth1", "10.5.0.20", cluster="auth"))
    assert world.addresses("auth.dev.docker") == ["10.5.0.20"]
