"""Two nodes that ask each other, over HTTP on this machine."""

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

cards = import_module("cassandra_node.cards")
deciding = import_module("cassandra_node.deciding")
meeting = import_module("cassandra_node.meeting")
settings = import_module("cassandra_node.settings")


def node(number: int, *seeds: str, say: Any = lambda _: None) -> Any:
    """A node whose own name is never asked."""
    own = f"127.0.0.{number}"
    wanted = settings.Settings(number=number, name=own, domain="", seeds=seeds, own=own)
    return meeting.Meeting(meeting.empty(number, f"volume{number}"), wanted, say)


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Starts a node's listener on a free port, which all use then."""
    monkeypatch.setattr(meeting, "PORT", 0)
    servers = []

    def start(held: Any) -> None:
        servers.append(meeting.listen(held))
        monkeypatch.setattr(meeting, "PORT", servers[-1].server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_one_question_makes_two_nodes_known_to_each_other(listening: Any) -> None:
    first, second = node(1, "127.0.0.1", "cassandra2.here"), node(2, "127.0.0.2", "127.0.0.1")
    listening(first)
    assert second.hold() == deciding.Form(cluster="volume1", members={1: "volume1", 2: "volume2"})
    assert first.seeds["cassandra2.here"].id == "volume2"


def test_who_has_decided_says_so(listening: Any) -> None:
    first = node(1, "127.0.0.1")
    assert isinstance(first.hold(), deciding.Form)
    listening(first)
    told = meeting.ask("127.0.0.1", b"")
    assert (told.state, told.members) == (cards.FORMING, {1: "volume1"})


def test_waiting_ends_when_the_missing_one_asks() -> None:
    said = threading.Event()
    first = node(1, "127.0.0.1", "cassandra2.nowhere.invalid", say=lambda _: said.set())
    decisions: list[Any] = []
    thread = threading.Thread(target=lambda: decisions.append(first.hold()))
    thread.start()
    assert said.wait(10), "it says what it waits for"
    assert "cassandra2.nowhere.invalid" in first.status()
    deadline = threading.Event()
    while thread.is_alive() and not deadline.wait(0.01):
        # A question that this node asks meanwhile fails, and may be later than this one.
        first.answer(cards.to_text(meeting.empty(2, "volume2")))
    thread.join(10)
    assert decisions == [deciding.Form(cluster="volume1", members={1: "volume1", 2: "volume2"})]


def test_a_meeting_node_is_not_ready_and_says_why(listening: Any) -> None:
    held = node(1, "127.0.0.1", "cassandra2.here")
    held.tell_why("cassandra2 doesn't answer")
    listening(held)
    connection = http.client.HTTPConnection("127.0.0.1", meeting.PORT, timeout=5)
    connection.request("GET", "/healthcheck")
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert (answer.status, body) == (503, {"ready": False, "reason": "cassandra2 doesn't answer"})


def test_nonsense_is_refused_and_changes_nothing(listening: Any) -> None:
    held = node(1, "127.0.0.1", "cassandra2.here")
    listening(held)
    assert meeting.ask("127.0.0.1", b"nonsense") is None
    assert meeting.tell("127.0.0.1", "10.0.0.9").startswith("127.0.0.1 doesn't believe yet that 10.0.0.9 is gone")
    assert held.seeds == {"cassandra2.here": None}


def test_members_are_told_of_the_dead_before_their_place_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = (
        cards.Place(token=deciding.token_of(2), address="10.0.0.2", alive=True, joining=False),
        cards.Place(token=deciding.token_of(1), address="10.0.0.1", alive=True, joining=False),
    )
    answers = [cards.Card(number=1, id="volume1", state=cards.MEMBER, cluster="c", ring=ring)]
    gone: list[tuple[str, str]] = []

    def tell(host: str, address: str) -> str:
        gone.append((host, address))
        answers[0] = replace(answers[0], ring=(replace(ring[0], alive=False), ring[1]))
        return ""

    monkeypatch.setattr(meeting, "ask", lambda *_: answers[0])
    monkeypatch.setattr(meeting, "tell", tell)
    second = node(2, "127.0.0.2", "127.0.0.1")
    assert second.hold() == deciding.Replace(cluster="c", via=("127.0.0.1",), alive=1, address="10.0.0.2")
    assert gone[0] == ("127.0.0.1", "10.0.0.2")


def test_a_new_member_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = (cards.Place(token=deciding.token_of(1), address="10.0.0.1", alive=True, joining=False),)
    said: list[str] = []
    turns = iter([False, True])
    monkeypatch.setattr(meeting, "CALM", 0.01)
    monkeypatch.setattr(
        meeting, "ask", lambda *_: cards.Card(number=1, id="volume1", state=cards.MEMBER, cluster="c", ring=ring)
    )
    monkeypatch.setattr(meeting, "turn", lambda *_: next(turns))
    third = node(3, "127.0.0.1", say=said.append)
    assert third.hold() == deciding.Bootstrap(cluster="c", via=("127.0.0.1",), alive=1)
    assert said == ["waiting: 127.0.0.1 lets another node join first"]
