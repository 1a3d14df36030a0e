"""Whatever bytes come, from clients and from resolvers: an answer, or silence; never an exception, never more memory.

A hundred thousand packets in the thorough profile.
"""

import random
from dataclasses import replace

import dns.flags
import dns.message
import dns.opcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dns.outside import Outside
from reconciler.dns.resolver import Resolver
from reconciler.dns.wire import Malformed, name_wire
from tests.support.fake_resolver import address_answer
from tests.unit.dns.conftest import World
from tests.unit.dns.questions import CLIENT, damaged, full_names, instance, question, resolver

PACKETS = 50 * settings().max_examples


def said_well(packet: bytes, said: bytes | Outside | None, limit: int) -> bool:
    """Silence, something to ask others, or a message within the limit that answers this packet and can be read."""
    if said is None or isinstance(said, Outside):
        return True
    readable = said[:2] + bytes((said[2] & ~0x78,)) + said[3:]  # the library reads other operations by other rules
    message = dns.message.from_wire(readable)
    return len(said) <= limit and said[:2] == packet[:2] and bool(message.flags & dns.flags.QR)


def test_damaged_packets_are_answered_properly_or_not_at_all() -> None:
    names = full_names()
    answering = resolver(names)
    rng = random.Random(20_261_122)
    for number in range(PACKETS):
        if number % 40 == 0:
            names.publish("id1", instance("webapp1", "10.5.0.11", ready=number % 80 == 0))
        packet, tcp = damaged(rng), rng.random() < 0.2
        said = answering.reply(packet, CLIENT, tcp=tcp)
        if number % 4 == 0:
            assert said_well(packet, said, 65_535 if tcp else 1_232), packet.hex()
    assert "crashed" not in answering.counts
    assert answering.counts["answered"] > PACKETS // 10
    assert answering.counts["malformed"] > PACKETS // 10
    assert bounded(answering)


def bounded(answering: Resolver) -> bool:
    caches = (answering._over_udp, answering._over_tcp)
    return all(len(each._answers) <= 4_096 and each._bytes <= 8 * 2**20 for each in caches)


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_at_all(packet: bytes, tcp: bool) -> None:
    answering = resolver(full_names())
    assert said_well(packet, answering.reply(packet, CLIENT, tcp=tcp), 65_535 if tcp else 512)
    assert "crashed" not in answering.counts


def test_real_questions_in_a_flood_leave_a_bounded_cache_and_right_answers() -> None:
    """Each asked with options of its own, so that none is found in the cache."""
    names = full_names()
    answering = resolver(names)
    for number in range(PACKETS // 10):
        asked = dns.message.make_query("*.*.*.*.*.*.docker", "SRV", use_edns=False).to_wire()
        option = number.to_bytes(4, "big")
        opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x08\xfd\xe9\0\x04" + option
        said = answering.reply(asked[:11] + b"\x01" + asked[12:] + opt, CLIENT, tcp=True)
        assert isinstance(said, bytes)
        if number % 100 == 0:
            assert len(dns.message.from_wire(said).answer[0]) == 2 * 124 + 6
    assert bounded(answering)


def test_damaged_packets_over_a_socket_end_nothing(world: World) -> None:
    rng = random.Random(7)
    with world.asker() as asker:
        for number in range(PACKETS // 2):
            asker.send(damaged(rng))
            if number % 100 == 0:
                assert world.addresses("webapp1.webapp.dev.docker") == ["10.5.0.11"]
    assert world.server.alive()
    assert "crashed" not in world.server.counts


def test_a_resolvers_damaged_reply_behind_an_alias_is_servfail_or_a_message() -> None:
    answering = resolver(full_names())
    asked = dns.message.make_query("mail.prod.docker", "A", id=7).to_wire()
    outside = answering.reply(asked, CLIENT, tcp=False)
    assert isinstance(outside, Outside)
    honest = address_answer(outside.packet, count=5)
    rng = random.Random(3)
    for _ in range(PACKETS):
        reply = bytearray(honest)
        for _ in range(rng.randrange(1, 10)):
            reply[rng.randrange(2, len(reply))] = rng.randrange(256)
        said = outside.finish(bytes(reply[: rng.randrange(2, len(reply) + 1)]))
        assert said_well(asked, said, 512)


def test_a_real_question_is_answered_the_same_whatever_came_before() -> None:
    names = full_names()
    seasoned, fresh = resolver(names), resolver(names)
    rng = random.Random(11)
    for _ in range(300):
        seasoned.reply(damaged(rng), CLIENT, tcp=False)
    for _ in range(200):
        asked = question(rng)
        assert content(seasoned.reply(asked, CLIENT, tcp=True)) == content(fresh.reply(asked, CLIENT, tcp=True))


def content(said: bytes | Outside | None) -> object:
    """An answer apart from the order of its records."""
    if not isinstance(said, bytes):
        return said if said is None else replace(said, asked=b"", packet=b"")
    message = dns.message.from_wire(said, one_rr_per_rrset=True)
    return message.flags, sorted(rrset.to_text() for rrset in message.answer), len(message.authority)


@pytest.mark.parametrize("labels", [("",), ("x" * 64,), ("ł",), ("x" * 63,) * 4])
def test_what_is_no_name_is_written_into_no_message(labels: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        name_wire(labels)
