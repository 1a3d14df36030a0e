"""How long an answer that was made once is given again."""

import gc
import weakref

import dns.message
import dns.rcode

from reconciler.dns.cache import _own_size, _shared_size
from reconciler.dns.resolver import Resolver
from tests.unit.dns.conftest import World, record
from tests.unit.dns.questions import CLIENT, full_names, instance, resolver


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


def asked(answering: Resolver, name: str, kind: str = "A") -> dns.message.Message:
    said = answering.reply(dns.message.make_query(name, kind, id=7).to_wire(), CLIENT, tcp=False)
    assert isinstance(said, bytes)
    return dns.message.from_wire(said)


def made_anew(answering: Resolver, name: str, kind: str = "A") -> bool:
    """The question is answered out of the table, not out of what was kept."""
    packet = dns.message.make_query(name, kind, id=7).to_wire()
    return answering._over_udp.get(packet, answering._table()) is None


def test_a_change_of_one_cluster_leaves_the_answers_of_the_others() -> None:
    names = full_names()
    answering = resolver(names)
    for name in ("webapp.dev.docker", "webapp1.webapp.dev.docker", "big.dev.docker", "*.dev.docker"):
        asked(answering, name)
    names.publish("big0", instance("big0", "10.5.1.200", cluster="big"))
    assert not made_anew(answering, "webapp.dev.docker")
    assert not made_anew(answering, "webapp1.webapp.dev.docker")
    assert made_anew(answering, "big.dev.docker")
    assert made_anew(answering, "*.dev.docker")


def test_a_kept_denial_carries_the_serial_of_now() -> None:
    names = full_names()
    answering = resolver(names)
    for name, kind in (("webapp1.webapp.dev.docker", "AAAA"), ("nothing.dev.docker", "A")):
        before = asked(answering, name, kind).authority[0][0].serial
        names.publish("big0", instance("big0", f"10.5.1.{before % 250}", cluster="big"))
        assert not made_anew(answering, name, kind)
        assert asked(answering, name, kind).authority[0][0].serial == before + 1
        assert asked(answering, "dev.docker", "SOA").answer[0][0].serial == before + 1


def test_a_name_in_an_environment_that_went_is_asked_of_others_at_once() -> None:
    names = full_names()
    answering = resolver(names)
    assert asked(answering, "nothing.prod.docker").rcode() == dns.rcode.NXDOMAIN
    for number in range(1, 7):
        names.unregister(f"s{number}")
    packet = dns.message.make_query("nothing.prod.docker", "A").to_wire()
    assert not isinstance(answering.reply(packet, CLIENT, tcp=False), bytes)


def test_kept_answers_keep_no_old_table_alive() -> None:
    names = full_names()
    answering = resolver(names)
    asked(answering, "webapp.dev.docker")
    old = weakref.ref(names.table().groups["dev", "webapp"])
    names.publish("id1", instance("webapp1", "10.5.0.50"))
    asked(answering, "big.dev.docker")
    gc.collect()
    assert old() is None


def test_one_large_answer_is_made_once_and_counted_once_however_it_is_asked_for() -> None:
    answering = resolver(full_names())
    sizes = []
    for name in ("*.*.*.*.big.dev.docker", "any.ALL.*.any.BIG.dev.docker", "all.all.all.all.big.dev.docker"):
        assert len(asked(answering, name, "TXT").answer[0]) < 120
        sizes.append(answering._over_udp._bytes)
    assert sizes[2] - sizes[0] < sizes[0] / 2
    kept = answering._over_udp._answers.values()
    assert len({id(each.prepared.records) for each in kept}) == 1


def test_what_is_counted_is_what_is_kept() -> None:
    """However often answers are replaced."""
    names = full_names()
    answering = resolver(names)
    for number in range(20):
        names.publish("id1", instance("webapp1", f"10.5.0.{number + 100}"))
        for name in ("webapp.dev.docker", "*.dev.docker", "big.dev.docker", "nothing.dev.docker"):
            asked(answering, name)
    cache = answering._over_udp
    kept = [(packet, each.prepared) for packet, each in cache._answers.items()]
    shared = {id(prepared.records): _shared_size(prepared) for _, prepared in kept}
    assert cache._bytes == sum(_own_size(b"id" + packet, prepared) for packet, prepared in kept) + sum(shared.values())
    assert set(cache._shares) == set(shared)
