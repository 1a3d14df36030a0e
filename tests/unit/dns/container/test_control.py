"""Inside the container: what the loop says is answered with; what others say is not."""

import json
import socket
import threading
from contextlib import suppress

import dns.message
import dns.query
import pytest

from reconciler.dns.container.protocol import MAX_HELLO_BYTES, ProtocolError, Table, send, write
from reconciler.errors import ReconcilerError
from reconciler.state.records import Record
from tests.unit.dns.container.conftest import ASKER_SECONDS, TOKEN, Inside, Until, record


def _addresses(inside: Inside, name: str) -> list[str]:
    where = inside.parts.dns.addresses[0]
    answer = dns.query.udp(dns.message.make_query(name, "A"), where[0], port=where[1], timeout=ASKER_SECONDS)
    return [item.address for rrset in answer.answer for item in rrset]


def _table(version: int, **records: Record) -> Table:
    return Table(version=version, records=records, upstreams=("10.0.0.53",))


def _framed(said: bytes) -> bytes:
    return len(said).to_bytes(4, "big") + said


def test_what_is_told_is_answered_when_the_telling_returns(inside: Inside) -> None:
    feed = inside.feed()
    assert feed.greet(TOKEN).version == 0
    assert feed.tell(_table(1, id1=record())).version == 1
    assert _addresses(inside, "webapp1.webapp.dev.docker") == ["10.5.0.11"]
    assert inside.parts.held.upstreams() == ("10.0.0.53",)
    feed.tell(_table(2))
    assert _addresses(inside, "webapp1.webapp.dev.docker") == []
    assert feed.contact().version == 2
    feed.close()


def test_answers_stay_when_the_loop_is_gone_and_the_next_one_reads_them_back(inside: Inside) -> None:
    first = inside.feed()
    first.greet(TOKEN)
    first.tell(_table(7, id1=record(), id2=record("webapp2", "10.5.0.12", ready=False)))
    first.close()
    assert _addresses(inside, "webapp.dev.docker") == ["10.5.0.11"]
    inside.token_file.write_text("another loop's word", encoding="ascii")
    second = inside.feed()
    recalled = second.greet("another loop's word", recall=True)
    assert recalled.records == {"id1": record(), "id2": record("webapp2", "10.5.0.12", ready=False)}
    second.close()


def test_without_the_token_nothing_is_said_and_nothing_is_taken(inside: Inside) -> None:
    for token in ("", "guessed", TOKEN + "x", "é"):
        feed = inside.feed()
        with pytest.raises((ProtocolError, OSError)):
            feed.greet(token)
        feed.close()
    assert inside.names() == {}


def test_an_empty_or_missing_token_file_lets_nobody_in(inside: Inside) -> None:
    inside.token_file.write_bytes(b"")
    feed = inside.feed()
    with pytest.raises((ProtocolError, OSError)):
        feed.greet("")
    feed.close()
    inside.token_file.unlink()
    feed = inside.feed()
    with pytest.raises((ProtocolError, OSError)):
        feed.greet(TOKEN)
    feed.close()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff",
        (MAX_HELLO_BYTES + 1).to_bytes(4, "big") + b" " * 2_000,
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x03\xff\xfe\xfd",
        b"\x00\x00\x03\xe8" + b"[" * 1_000,
        b"\x00\x00\x00\x00",
        _framed(b'{"token":"\\ud800","recall":false}'),
        _framed(b'{"token":"\\u0000","recall":false}'),
        _framed(b'{"token":7,"recall":false}'),
        _framed(b'{"token":' + b"9" * 900 + b"}"),
    ],
)
def test_a_stranger_who_says_anything_is_hung_up_on_without_a_word_in_the_log(
    inside: Inside, said: bytes, until: Until, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    caplog.set_level("INFO")
    with socket.create_connection(inside.parts.control.address, timeout=ASKER_SECONDS) as stranger:
        stranger.sendall(said)
        with suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
    until(lambda: sum(1 for thread in threading.enumerate() if thread.name == "control") == 1)
    assert faults == []
    assert caplog.messages == []
    assert inside.parts.alive()


def test_strangers_who_say_nothing_dont_keep_the_loop_out(inside: Inside, until: Until) -> None:
    """They get few places, and those for a moment."""
    strangers = [socket.create_connection(inside.parts.control.address, timeout=ASKER_SECONDS) for _ in range(50)]

    def let_in() -> bool:
        feed = inside.feed()
        try:
            return feed.greet(TOKEN).version == 0
        except (ProtocolError, OSError):
            return False
        finally:
            feed.close()

    until(let_in)
    for stranger in strangers:
        stranger.close()


@pytest.mark.parametrize(
    "order",
    [
        {"version": "1", "records": {}, "upstreams": []},
        {"version": 1, "records": {"id": ["too", "short"]}, "upstreams": []},
        {"version": 1, "records": {"id": ["a", "b", "c", "d", "10.0.0.1", ["x"], True]}, "upstreams": []},
        {"version": 1, "records": [], "upstreams": []},
        {"version": 1, "records": {}, "upstreams": [1]},
    ],
)
def test_an_order_that_is_none_ends_the_connection_and_changes_nothing(inside: Inside, order: object) -> None:
    feed = inside.feed()
    feed.greet(TOKEN)
    feed.tell(_table(1, id1=record()))
    assert isinstance(order, dict)
    with pytest.raises((ReconcilerError, OSError)):
        feed._ask(json.loads(json.dumps(order)))
    feed.close()
    assert inside.names() == {"id1": record()}
    assert inside.parts.alive()


def test_a_newer_feeder_takes_the_place_of_the_one_before(inside: Inside) -> None:
    """A loop that hung and was followed by another one must not have its say any more."""
    former = inside.feed()
    former.greet(TOKEN)
    newer = inside.feed()
    newer.greet(TOKEN)
    with pytest.raises((ProtocolError, OSError)):
        former.tell(_table(1, id1=record()))
    newer.tell(_table(1))
    assert inside.names() == {}
    former.close()
    newer.close()


def test_what_others_registered_reaches_the_loop_once_and_a_new_loop_as_a_whole(inside: Inside) -> None:
    notebook = inside.parts.held._notebook
    notebook.note("skydns:1", "one")
    feed = inside.feed()
    assert feed.greet(TOKEN).notes == {"skydns:1": "one"}
    notebook.note("skydns:2", "two")
    notebook.note("skydns:1", None)
    assert feed.contact().notes == {"skydns:2": "two", "skydns:1": None}
    assert feed.tell(_table(1)).notes == {}
    feed.close()
    again = inside.feed()
    assert again.greet(TOKEN).notes == {"skydns:2": "two"}
    again.close()


def test_a_frame_survives_being_sent_in_pieces(inside: Inside) -> None:
    with socket.create_connection(inside.parts.control.address, timeout=ASKER_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = json.dumps({"token": TOKEN, "recall": False}).encode()
        for byte in len(hello).to_bytes(4, "big") + hello:
            connection.sendall(bytes([byte]))
        assert connection.recv(4) != b""
        send(connection, write(_table(1, id1=record())))
        assert connection.recv(4) != b""


def test_strangers_from_everywhere_leave_the_loop_its_place(inside: Inside) -> None:
    where = inside.parts.control.address
    sources = [(f"127.0.0.{number}", 0) for number in range(2, 16) for _ in range(3)]
    strangers = [socket.create_connection(where, ASKER_SECONDS, source_address=source) for source in sources]
    feed = inside.feed()
    assert feed.greet(TOKEN).version == 0
    feed.close()
    for stranger in strangers:
        stranger.close()
