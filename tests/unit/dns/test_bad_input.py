"""What nobody should send: it is answered FORMERR, not at all, or hung up on; others are served."""

import socket
import struct

import dns.message
import dns.rcode
import pytest

from reconciler.dns.answers import Prepared
from reconciler.dns.cache import Cache
from reconciler.dns.question import Question
from reconciler.state.names import NameTable
from tests.support.beating import eventually
from tests.support.fake_resolver import FakeResolver, address_answer, read_frame
from tests.unit.dns.conftest import World, record

HEADER = struct.Struct("!HHHHHH")
QUESTION = b"\x07webapp1\x06webapp\x03dev\x06docker\x00\x00\x01\x00\x01"


def still_serves(world: World) -> bool:
    return world.server.alive() and world.addresses("webapp1.webapp.dev.docker") == ["10.5.0.11"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nothing behind the header", b""),
        ("a name that never ends", b"\x07webapp1\x06web"),
        ("a label longer than the packet", b"\x3fwebapp"),
        ("no type behind the name", b"\x06webapp\x00"),
        ("half a class", b"\x06webapp\x00\x00\x01\x00"),
        ("a name that points to itself", b"\xc0\x0c\x00\x01\x00\x01"),
        ("two names that point to each other", b"\x01a\xc0\x10\x01b\xc0\x0c\x00\x01\x00\x01"),
        ("a name that points into the header", b"\x01a\xc0\x00\x00\x01\x00\x01"),
        ("an unknown label type", b"\x80a\x00\x00\x01\x00\x01"),
        (
            "a name of more than 255 bytes",
            b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 4 + b"\x00\x00\x01\x00\x01",
        ),
        ("junk behind the question", QUESTION + b"junk"),
    ],
)
def test_a_malformed_question_is_answered_with_formerr(world: World, name: str, body: bytes) -> None:
    reply = world.send(HEADER.pack(0x1234, 0x0100, 1, 0, 0, 0) + body)
    assert reply[:2] == b"\x12\x34", name
    assert reply[2] & 0x80
    assert reply[3] & 0x0F == dns.rcode.FORMERR
    assert still_serves(world)


@pytest.mark.parametrize("questions", [0, 2, 65_535])
def test_anything_but_one_question_is_formerr(world: World, questions: int) -> None:
    reply = world.send(HEADER.pack(1, 0x0100, questions, 0, 0, 0) + QUESTION)
    assert reply[3] & 0x0F == dns.rcode.FORMERR


def test_promised_records_that_are_missing_are_formerr(world: World) -> None:
    reply = world.send(HEADER.pack(1, 0x0100, 1, 0, 0, 9) + QUESTION)
    assert reply[3] & 0x0F == dns.rcode.FORMERR


def test_answers_and_fragments_of_a_header_are_never_answered(world: World) -> None:
    """Datagrams are answered in their order: what comes back first belongs to the question behind them."""
    with world.asker() as asker:
        for packet in (b"", b"\x00", b"\x00" * 11, HEADER.pack(1, 0x8180, 1, 0, 0, 0) + QUESTION):
            asker.send(packet)
        asker.send(HEADER.pack(0x1234, 0x0100, 1, 0, 0, 0) + QUESTION)
        assert asker.recv(2_048)[:2] == b"\x12\x34"


def test_a_flood_of_different_questions_keeps_the_cache_bounded() -> None:
    """By number of answers, and by their bytes, where a client varies its options for a large cluster."""
    cache, table = Cache(), NameTable()
    question = Question(labels=("x",), kind=1, rdclass=1, wire=b"")
    cache.get(b"", table)
    for number in range(10_000):
        cache.put(number.to_bytes(4, "big") + b"?", question, Prepared(b"", (), b"", 0), None)
        assert len(cache._answers) <= 4_096
    for number in range(500):
        cache.put(number.to_bytes(4, "big") + b"!", question, Prepared(b"", (bytes(16),) * 1_000, b"", 1_000), None)
        assert cache._bytes <= 8 * 2**20


def test_a_flood_of_outside_questions_waits_in_a_bounded_number(world: World) -> None:
    """Eight wait for a silent resolver; the others get SERVFAIL meanwhile; our own names answer."""
    with FakeResolver(lambda _packet, _tcp: ()) as silent, world.asker() as asker:
        world.upstreams.append(silent.text)
        for number in range(200):
            asker.send(dns.message.make_query(f"n{number}.example.org", "A", id=number).to_wire())
        assert still_serves(world)
        replies = [asker.recv(2_048) for _ in range(192)]
        assert eventually(lambda: len(silent.asked) == 8)
    assert {int.from_bytes(reply[:2], "big") for reply in replies} == set(range(8, 200))
    assert {reply[3] & 0x0F for reply in replies} == {dns.rcode.SERVFAIL}
    assert world.server.counts["overload"] == 192


def test_an_oversized_or_undersized_tcp_frame_ends_the_connection(world: World) -> None:
    for length in (65_535, 4_097, 11, 0):
        with world.connect() as connection:
            connection.sendall(struct.pack("!H", length) + b"x" * 11)
            assert ended(connection)
    assert still_serves(world)


def ended(connection: socket.socket) -> bool:
    """The other side hung up; it may do so while unread bytes are left, which arrives as a reset."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_malformed_tcp_message_is_formerr_and_the_connection_goes_on(world: World) -> None:
    with world.connect() as connection:
        for body in (b"\xc0\x0c\x00\x01\x00\x01", QUESTION):
            packet = HEADER.pack(7, 0x0100, 1, 0, 0, 0) + body
            connection.sendall(struct.pack("!H", len(packet)) + packet)
        assert read_frame(connection)[3] & 0x0F == dns.rcode.FORMERR
        assert read_frame(connection)[3] & 0x0F == dns.rcode.NOERROR


def test_a_tcp_client_that_stops_in_the_middle_is_hung_up_on(hasty: World) -> None:
    for beginning in (b"", b"\x00", b"\x00\x40half a message"):
        with hasty.connect() as connection:
            connection.sendall(beginning)
            assert ended(connection)
    assert still_serves(hasty)


def test_a_tcp_client_that_never_reads_is_hung_up_on(hasty: World) -> None:
    """Questions for 900 addresses without taking one answer: the server's side fills, then it lets go."""
    for number in range(900):
        hasty.names.publish(f"b{number}", record(f"b{number}", f"10.7.{number // 250}.{number % 250}", cluster="b"))
    packet = dns.message.make_query("b.dev.docker", "A").to_wire()
    frame = struct.pack("!H", len(packet)) + packet
    with hasty.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(0.05)

        def hung_up() -> bool:
            try:
                connection.sendall(frame * 50)
            except TimeoutError:
                return False
            except OSError:
                return True
            return False

        assert eventually(hung_up)
    assert still_serves(hasty)


def test_connections_beyond_the_bound_are_turned_away_and_room_comes_back(world: World) -> None:
    open_ones = [world.connect() for _ in range(4)]
    with world.connect() as one_too_many:
        assert ended(one_too_many)
    for each in open_ones:
        each.close()
    assert eventually(lambda: answers_over_tcp(world))


def answers_over_tcp(world: World) -> bool:
    try:
        return world.addresses("webapp1.webapp.dev.docker", tcp=True) == ["10.5.0.11"]
    except (OSError, EOFError):
        return False


def test_an_upstreams_nonsense_reaches_nobody(world: World) -> None:
    """Noise, then an answer to another question, then the true one: only that is passed on."""

    def say(packet: bytes, _tcp: bool) -> list[bytes]:
        other = dns.message.make_query("other.example.org", "A", id=int.from_bytes(packet[:2], "big"))
        return [b"", b"\xff" * 40, address_answer(other.to_wire()), address_answer(packet)]

    with FakeResolver(say) as liar:
        world.upstreams.append(liar.text)
        assert world.addresses("www.example.org") == ["192.0.2.7"]
