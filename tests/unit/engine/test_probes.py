"""The prober, against real servers on the loopback."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from reconciler.engine.probes import Prober, Target
from reconciler.spec.cluster import Probe
from tests.support.beating import eventually


class Server:
    """Answers every connection with the bytes it is told to, or holds it open in silence (None)."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._held: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                if self.answer is None:
                    self._held.append(connection)
                    continue
                with connection, suppress(OSError):
                    self.requests.append(connection.recv(4096))
                    connection.sendall(self.answer)

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=20)
        for connection in self._held:
            connection.close()


class World:
    def __init__(self) -> None:
        self.now = 50.0
        self.changed: list[str] = []
        self.prober = Prober(lambda: self.now, self.changed.append)
        self.prober.start()
        self._servers: list[Server] = []

    def server(self, answer: bytes | None) -> Server:
        self._servers.append(Server(answer))
        return self._servers[-1]

    def close(self) -> None:
        self.prober.stop()
        for server in self._servers:
            server.close()

    def problem(self, id: str = "a") -> str:
        sounding = self.prober.soundings().get(id)
        return sounding.problem if sounding else ""

    def failures(self, id: str = "a") -> int:
        sounding = self.prober.soundings().get(id)
        return sounding.failures if sounding else -1

    def succeeded(self, id: str = "a") -> Callable[[], bool]:
        return lambda: self.failures(id) == 0


def http(
    port: int,
    path: str | None = "/health",
    timeout_seconds: float = 20.0,
    cluster: str = "webapp",
    interval_seconds: float = 0.02,
) -> Target:
    probe = Probe(port=port, path=path, interval_seconds=interval_seconds, timeout_seconds=timeout_seconds, misses=3)
    return Target(address="127.0.0.1", probe=probe, cluster=cluster)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found", "399 X"])
def test_a_status_of_2xx_or_3xx_is_a_success_dated_by_the_clock(world: World, status: str) -> None:
    server = world.server(f"HTTP/1.1 {status}\r\nLocation: http://203.0.113.9/\r\n\r\n".encode())
    world.prober.watch({"a": http(server.port)})
    assert eventually(world.succeeded())
    assert world.prober.soundings()["a"].last_success_at == 50.0
    assert server.requests[0].startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 500 Oh\r\n\r\n", "HTTP status 500"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP status 404"),
        (b"SSH-2.0-x\r\n", "the answer is not HTTP"),
        (b"x" * 5000, "the answer is not HTTP"),
        (b"", "closed without an answer"),
    ],
)
def test_any_other_answer_is_a_failure_that_says_why(world: World, answer: bytes, problem: str) -> None:
    world.prober.watch({"a": http(world.server(answer).port)})
    assert eventually(lambda: world.problem() == problem), world.problem()


def test_a_closed_port_and_a_silent_server_are_failures(world: World) -> None:
    silent = world.server(None)
    world.prober.watch({"a": http(unused_port()), "b": http(silent.port, timeout_seconds=0.05)})
    assert eventually(lambda: world.problem("a") == "connection refused")
    assert eventually(lambda: world.problem("b") == "no answer within 0.05 s")


def test_a_tcp_probe_needs_a_connection_only(world: World) -> None:
    silent = world.server(None)
    world.prober.watch({"a": http(silent.port, path=None), "b": http(unused_port(), path=None)})
    assert eventually(world.succeeded("a"))
    assert eventually(lambda: world.failures("b") >= 1)


def test_the_loop_is_told_at_the_first_success_at_the_limit_of_failures_and_at_the_return(
    world: World,
) -> None:
    server = world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    world.prober.watch({"a": http(server.port)})
    assert eventually(lambda: len(server.requests) > 5)
    assert world.changed == ["webapp"]
    server.answer = b"HTTP/1.1 503 No\r\n\r\n"
    assert eventually(lambda: world.failures() > 5)
    assert world.changed == ["webapp"] * 2
    server.answer = b"HTTP/1.1 200 OK\r\n\r\n"
    assert eventually(lambda: len(world.changed) == 3)
    assert world.failures() == 0


def test_who_is_just_starting_is_asked_again_long_before_the_interval(world: World) -> None:
    server = world.server(b"HTTP/1.1 503 Starting\r\n\r\n")
    world.prober.watch({"a": http(server.port, interval_seconds=3600.0)})
    assert eventually(lambda: world.failures() >= 2)
    server.answer = b"HTTP/1.1 200 OK\r\n\r\n"
    assert eventually(world.succeeded())


def test_failures_keep_the_last_success(world: World) -> None:
    server = world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    world.prober.watch({"a": http(server.port)})
    assert eventually(world.succeeded())
    server.answer = b""
    assert eventually(lambda: world.failures() >= 2)
    assert world.prober.soundings()["a"].last_success_at == 50.0


def test_who_is_no_longer_watched_is_forgotten_and_comes_back_as_new(world: World) -> None:
    server = world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    world.prober.watch({"a": http(server.port)})
    assert eventually(world.succeeded())
    world.prober.watch({})
    assert world.prober.soundings() == {}
    world.prober.watch({"a": http(server.port)})
    assert eventually(world.succeeded())


def test_another_probe_for_the_same_instance_takes_over(world: World) -> None:
    world.prober.watch({"a": http(unused_port())})
    assert eventually(lambda: world.failures() > 0)
    server = world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    world.prober.watch({"a": http(server.port)})
    assert eventually(world.succeeded())


def test_two_hundred_hanging_servers_do_not_hold_up_a_good_one(world: World) -> None:
    silent, good = world.server(None), world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    targets = {f"h{number}": http(silent.port, timeout_seconds=90.0, cluster="hanging") for number in range(200)}
    threads = threading.active_count()
    world.prober.watch({**targets, "good": http(good.port)})
    assert eventually(lambda: len(good.requests) >= 10)
    assert threading.active_count() == threads


def test_a_path_can_not_add_a_line_to_the_request(world: World) -> None:
    server = world.server(b"HTTP/1.1 200 OK\r\n\r\n")
    world.prober.watch({"a": http(server.port, path="/a\r\nX: y ü")})
    assert eventually(world.succeeded())
    assert server.requests[0].startswith(b"GET /a%0D%0AX:%20y%20%C3%BC HTTP/1.1\r\n")


def test_a_callback_that_fails_does_not_end_the_prober() -> None:
    def fail(cluster: str) -> None:
        raise RuntimeError(cluster)

    server = Server(b"HTTP/1.1 200 OK\r\n\r\n")
    prober = Prober(lambda: 1.0, fail)
    prober.start()
    prober.watch({"a": http(server.port)})
    assert eventually(lambda: len(server.requests) > 3)
    assert prober.alive()
    prober.stop()
    assert not prober.alive()
    server.close()
