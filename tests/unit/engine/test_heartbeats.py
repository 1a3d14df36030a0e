"""The heartbeat listener, over real sockets on the loopback."""

import random
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.engine.heartbeat_http import accepted, read_request
from reconciler.engine.heartbeat_register import MAX_REMOVED, Register
from reconciler.engine.heartbeats import Expected, HeartbeatListener, ListenerLimits
from reconciler.errors import PermanentError, TransientError
from tests.support.beating import Client, beat_bytes, eventually, hash_of, token_of
from tests.support.counting import lines_run

ROOMY = ListenerLimits(
    connections_per_source=64, refusals_per_second=10_000, request_seconds=60.0, idle_seconds=60.0, linger_seconds=60.0
)
NAME = "dev-webapp-1"
OTHER = "dev-webapp-2"


def expected(name: str, id: str, interval_seconds: float = 1.0, token_sha256: str | None = None) -> Expected:
    digest = hash_of(name) if token_sha256 is None else token_sha256
    return Expected(name=name, id=id, cluster="webapp", token_sha256=digest, interval_seconds=interval_seconds)


class World:
    """A listener on a free port, its hand-turned clock, and the clusters it asked to look at."""

    def __init__(self, limits: ListenerLimits) -> None:
        self.now = 100.0
        self.step_seconds = 0.0
        self.looked: list[str] = []
        quick = replace(limits, gather_seconds=0.0)
        self.listener = HeartbeatListener(self.clock, self.looked.append, quick)
        self.port = self.listener.start(("127.0.0.1", 0))
        self.clients: list[Client] = []

    def clock(self) -> float:
        """Goes on by `step_seconds` with each look."""
        self.now += self.step_seconds
        return self.now

    def expect(self, name: str, id: str = "", interval_seconds: float = 1.0) -> None:
        self.listener.expect(expected(name, id or f"id-{name}", interval_seconds))

    def client(self) -> Client:
        client = Client(self.port)
        self.clients.append(client)
        return client

    def ask(self, data: bytes) -> int:
        client = self.client()
        client.send(data)
        return client.answer().status

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.listener.stop()


@pytest.fixture
def world() -> Iterator[World]:
    made = World(ROOMY)
    yield made
    made.close()


def test_a_beat_is_recorded_with_the_clocks_time_and_what_it_carried(world: World) -> None:
    world.expect(NAME)
    body = '{"sequence":5,"load":1.5,"memory":4096,"uptime":9.5}'
    assert world.ask(beat_bytes(NAME, body=body)) == 204
    beat = world.listener.beats()[f"id-{NAME}"]
    assert (beat.at, beat.load, beat.memory_bytes, beat.uptime_seconds) == (100.0, 1.5, 4096, 9.5)


def test_the_answer_tells_the_interval_in_force_also_after_it_changed(world: World) -> None:
    world.expect(NAME)
    client = world.client()
    client.send(beat_bytes(NAME))
    assert client.answer().headers["heartbeat-interval"] == "1"
    world.expect(NAME, interval_seconds=2.5)
    client.send(beat_bytes(NAME))
    assert client.answer().headers["heartbeat-interval"] == "2.5"


def test_one_connection_carries_many_beats_also_several_at_once_and_in_pieces(world: World) -> None:
    world.expect(NAME)
    client = world.client()
    client.send(beat_bytes(NAME) + beat_bytes(NAME))
    assert [client.answer().status for _ in range(2)] == [204, 204]
    for byte in beat_bytes(NAME):
        client.send(bytes([byte]))
    assert client.answer().status == 204


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (beat_bytes(NAME, token=""), 401),
        (beat_bytes(NAME, token="short"), 401),
        (beat_bytes(NAME, token=token_of(OTHER)), 403),
        (beat_bytes(NAME, token="x" * 43), 403),
        (beat_bytes("dev-nobody-1"), 404),
        (beat_bytes("dev-nobody-1", token=token_of(NAME)), 404),
        (b"POST / HTTP/1.1\r\n\r\n", 404),
        (b"GET /etc/passwd HTTP/1.1\r\n\r\n", 404),
        (beat_bytes(NAME, method="GET"), 405),
        (beat_bytes(NAME, method="DELETE"), 405),
        (beat_bytes(NAME, body=""), 400),
        (beat_bytes(NAME, body='{"sequence":"x"}'), 400),
        (b"nonsense\r\n\r\n", 400),
        (beat_bytes(NAME, body=" " * 8193), 413),
        (b"A" * 5000, 413),
    ],
)
def test_a_bad_request_is_refused_and_changes_nothing(world: World, data: bytes, status: int) -> None:
    world.expect(NAME)
    world.expect(OTHER)
    assert world.ask(data) == status
    assert world.listener.beats() == {}
    assert world.looked == []
    assert world.ask(beat_bytes(NAME, sequence=1)) == 204


def test_a_refused_connection_ends(world: World) -> None:
    client = world.client()
    client.send(beat_bytes(NAME))
    answer = client.answer()
    assert answer.headers["connection"] == "close"
    assert client.closed()


def test_a_replayed_beat_is_refused(world: World) -> None:
    world.expect(NAME)
    assert world.ask(beat_bytes(NAME, sequence=1000)) == 204
    world.now += 0.1
    assert world.ask(beat_bytes(NAME, sequence=1000)) == 409
    assert world.ask(beat_bytes(NAME, sequence=999)) == 409
    assert world.listener.beats()[f"id-{NAME}"].at == 100.0
    assert world.ask(beat_bytes(NAME, sequence=1001)) == 204


def test_a_removed_instance_is_told_so_even_when_its_name_was_given_on(world: World) -> None:
    world.expect(NAME)
    assert world.ask(beat_bytes(NAME)) == 204
    world.listener.forget(f"id-{NAME}")
    assert world.listener.beats() == {}
    assert world.ask(beat_bytes(NAME)) == 410
    world.listener.expect(expected(NAME, "new-id", token_sha256=hash_of("new")))
    assert world.ask(beat_bytes(NAME)) == 410
    assert world.ask(beat_bytes(NAME, token=token_of("new"))) == 204
    assert set(world.listener.beats()) == {"new-id"}


def test_a_flood_is_refused_until_the_next_interval(world: World) -> None:
    world.expect(NAME)
    statuses = [world.ask(beat_bytes(NAME)) for _ in range(8)]
    assert statuses == [204] * 5 + [429] * 3
    world.now += 1.0
    assert world.ask(beat_bytes(NAME)) == 204


def test_the_loop_is_told_of_a_first_beat_and_of_a_return_and_of_no_other(world: World) -> None:
    world.expect(NAME)
    for later in (0.0, 1.0, 1.9, 2.1):
        world.now += later
        assert world.ask(beat_bytes(NAME)) == 204
    assert world.looked == ["webapp", "webapp"]


def test_sync_keeps_what_is_known_of_those_that_stay_and_forgets_the_rest(world: World) -> None:
    world.expect(NAME)
    world.expect(OTHER)
    assert world.ask(beat_bytes(NAME, sequence=50)) == 204
    world.listener.sync([expected(NAME, f"id-{NAME}", 4.0)])
    assert f"id-{NAME}" in world.listener.beats()
    assert world.ask(beat_bytes(NAME, sequence=50)) == 409
    assert world.ask(beat_bytes(OTHER)) == 410


def test_an_instance_made_without_a_token_can_not_beat(world: World) -> None:
    world.listener.expect(expected(NAME, "id", token_sha256=""))
    assert world.ask(beat_bytes(NAME)) == 404


def test_a_restart_of_the_listener_keeps_the_table_and_takes_the_same_port_again(world: World) -> None:
    world.expect(NAME)
    client = world.client()
    client.send(beat_bytes(NAME, sequence=10))
    assert client.answer().status == 204
    world.listener.stop()
    assert not world.listener.alive()
    assert client.closed()
    assert world.listener.start(("127.0.0.1", world.port)) == world.port
    assert world.listener.alive()
    assert world.ask(beat_bytes(NAME, sequence=10)) == 409
    assert world.ask(beat_bytes(NAME, sequence=11)) == 204


def test_an_address_that_is_taken_or_not_there_is_said_clearly(world: World) -> None:
    second = HeartbeatListener(lambda: 0.0, world.looked.append)
    with pytest.raises(PermanentError, match=rf"127\.0\.0\.1:{world.port} is taken by another program"):
        second.start(("127.0.0.1", world.port))
    with pytest.raises(TransientError, match=r"no interface has the address 203\.0\.113\.9:7070"):
        second.start(("203.0.113.9", 7070))
    assert not second.alive()


def test_who_dawdles_over_a_request_is_cut_off_and_the_others_are_served() -> None:
    world = World(replace(ROOMY, request_seconds=0.3))
    try:
        world.expect(NAME)
        silent, slow = world.client(), world.client()
        slow.send(b"POST /v1/beats/")
        assert slow.closed()
        assert silent.closed()
        assert eventually(lambda: world.ask(beat_bytes(NAME)) == 204)
    finally:
        world.close()


def test_who_sends_on_after_a_refusal_is_cut_off(world: World) -> None:
    client = world.client()
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ConnectionError):  # noqa: PT012 - it takes as many as it takes
        for _ in range(10_000):
            client.send(b"x" * 65536)


def test_a_source_may_not_have_too_many_connections() -> None:
    world = World(replace(ROOMY, connections_per_source=3))
    try:
        world.expect(NAME)
        held = [world.client() for _ in range(3)]
        held[0].send(beat_bytes(NAME))
        assert held[0].answer().status == 204
        assert world.client().answer().status == 429
        held[1].close()
        assert eventually(lambda: world.ask(beat_bytes(NAME)) == 204)
    finally:
        world.close()


def test_a_source_that_is_refused_again_and_again_is_not_even_heard() -> None:
    world = World(replace(ROOMY, refusals_per_second=5))
    try:
        world.expect(NAME)
        bad = beat_bytes(NAME, token="x" * 43)
        assert eventually(lambda: world.ask(bad) == 429)
        assert eventually(lambda: world.ask(beat_bytes(NAME)) == 204)
    finally:
        world.close()


def test_random_bytes_neither_end_the_thread_nor_count_as_a_beat(world: World) -> None:
    world.expect(NAME)
    chance = random.Random(11)
    good = beat_bytes(NAME, token="x" * 43)
    for _ in range(300):
        client = Client(world.port)
        raw = chance.randbytes(chance.randrange(1, 4000))
        client.send(good[: chance.randrange(len(good))] + raw if chance.random() < 0.5 else raw)
        client.close()
    assert world.listener.alive()
    assert world.listener.beats() == {}
    assert eventually(lambda: world.ask(beat_bytes(NAME)) == 204)


def test_the_memory_of_removed_instances_is_bounded() -> None:
    register = Register()
    for number in range(MAX_REMOVED + 50):
        register.expect(
            Expected(name="a", id=str(number), cluster="a", token_sha256=f"{number:064x}", interval_seconds=1.0)
        )
    assert len(register._removed) == MAX_REMOVED
    assert len(register._by_name) == 1


def test_fifty_that_beat_at_the_same_time_are_all_heard(world: World) -> None:
    names = [f"dev-many-{number}" for number in range(50)]
    for name in names:
        world.expect(name)
    clients = [world.client() for _ in names]
    for turn in range(5):
        world.now += 1.0
        for client, name in zip(clients, names, strict=True):
            client.send(beat_bytes(name, sequence=turn + 1))
        assert {client.answer().status for client in clients} == {204}
        assert {beat.at for beat in world.listener.beats().values()} == {world.now}


def test_a_beat_costs_the_same_few_steps_however_many_there_are() -> None:
    """Lines of our code, not seconds: from the bytes to the answer. A beat is taken hundreds of times a second."""
    alone, crowded = steps_of_a_beat(among=0), steps_of_a_beat(among=500)
    assert alone == crowded
    assert alone < 150


def steps_of_a_beat(*, among: int) -> int:
    """How many lines of Python the second beat of an instance takes, with so many others known and heard."""
    register = Register()
    for number in range(among):
        register.expect(expected(f"dev-other-{number}", f"other-{number}"))
        take(register, beat_bytes(f"dev-other-{number}", sequence=1))
    register.expect(expected(NAME, "id"))
    take(register, beat_bytes(NAME, sequence=1))
    data = beat_bytes(NAME, sequence=2)
    return lines_run(lambda: take(register, data))


def take(register: Register, data: bytes) -> None:
    request = read_request(bytearray(data))
    assert request is not None
    assert accepted(register.judge(request, 101.0).interval_seconds)


def test_a_reader_that_never_reads_is_cut_off(world: World) -> None:
    """Each beat has an interval of its own, so that none is refused for coming too soon."""
    world.expect(NAME)
    world.step_seconds = 1.0
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", world.port))
    client.settimeout(20)
    with pytest.raises(OSError, match=r"."):  # noqa: PT012
        for _ in range(4_000):
            client.sendall(b"".join(beat_bytes(NAME) for _ in range(50)))
    client.close()
    assert world.ask(beat_bytes(NAME)) == 204
