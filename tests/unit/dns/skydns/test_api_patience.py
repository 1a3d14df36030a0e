"""What is no decent client: bytes that are no HTTP, too many, too slow, or too many at once."""

import random
import re
import socket
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest

from reconciler.state.entry import Entry
from tests.unit.dns.skydns.conftest import CALM, HASTY, Server, Start, body, until_end, wait_until

GET = b"GET /skydns/regions/ HTTP/1.1\r\nHost: x\r\n"
PUT = b"PUT /skydns/services/1 HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET http://h/skydns/regions/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"get /skydns/regions/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /skydns/regions/ HTTP/1.1\r\n\r\n", 400),
        (GET + b" folded: 1\r\n\r\n", 400),
        (GET + b"no colon\r\n\r\n", 400),
        (GET + b"Host: y\r\n\r\n", 400),
        (PUT + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (PUT + b"Content-Length: -1\r\n\r\n", 400),
        (PUT + b"Content-Length: 0x1\r\n\r\n", 400),
        (PUT + b"Content-Length: 99999999999\r\n\r\n", 400),
        (PUT + b"Content-Length: 999999999\r\n\r\n", 413),
        (PUT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411),
        (GET + b"X: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (GET + b"x: y\r\n" * 5_000 + b"\r\n", 431),
        (b"\x16\x03\x01" + bytes(range(256)) * 100, 431),
    ],
)
def test_what_is_no_request_of_ours_is_refused_and_the_connection_ends(
    server: Server, sent: bytes, status: int
) -> None:
    assert server.raw(sent).startswith(b"HTTP/1.1 %d " % status)


def test_requests_in_pieces_and_several_at_once_are_answered_in_turn(server: Server) -> None:
    sent = body()
    put = PUT + b"Content-Length: %d\r\n\r\n" % len(sent) + sent
    last = GET + b"Connection: close\r\n\r\n"
    answers = server.raw(*(put[at : at + 7] for at in range(0, len(put), 7)), put + GET + b"\r\n" + last)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"201", b"409", b"200", b"200"]


def test_who_asks_before_sending_a_body_is_told_to_go_on_or_not(server: Server) -> None:
    sent = body()
    ask = PUT + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with server.connect() as client:
        client.sendall(ask % len(sent))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(sent)
        assert until_end(client).startswith(b"HTTP/1.1 201 ")
    assert server.raw(ask % 100_000).startswith(b"HTTP/1.1 413 ")


def test_an_old_client_gets_one_answer(server: Server) -> None:
    answer = server.raw(b"GET /skydns/regions/ HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n{}\n")


def test_a_head_is_answered_without_a_body(server: Server) -> None:
    answer = server.raw(b"HEAD /skydns/regions/ HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("begun", [b"G", GET, PUT + b"Content-Length: 10\r\n\r\n{"])
def test_a_client_that_sends_too_slowly_is_told_so(start: Start, begun: bytes) -> None:
    server = start(limits=HASTY)
    with server.connect() as client:
        client.sendall(begun)
        assert until_end(client).startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_ends_without_a_word(start: Start) -> None:
    server = start(limits=HASTY)
    with server.connect() as client:
        client.sendall(GET + b"\r\n")
        assert until_end(client).count(b"HTTP/1.1 ") == 1
    with server.connect() as client:
        assert until_end(client) == b""


def test_a_client_that_does_not_take_its_answer_is_hung_up_on(start: Start) -> None:
    server = start(limits=HASTY)
    entry = Entry(env="x", cluster="y", revision="", zone="", host="h", instance="", target="t" * 200)
    many = {f"other:{n}": replace(entry, instance=f"i{n}") for n in range(20_000)}
    server.names.change_registered(many, ())
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(20)
        client.connect(server.where)
        client.sendall(b"GET /skydns/services/ HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: ended(client))


def ended(client: socket.socket) -> bool:
    """The other side has reset the connection."""
    return client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def test_those_beyond_the_limit_of_connections_are_told_so_and_the_others_served(server: Server) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(CALM.connections_of_one_client)]
        for client in held:
            client.sendall(GET + b"\r\n")
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert server.raw().startswith(b"HTTP/1.1 503 ")
        held[0].sendall(GET + b"\r\n")
        assert held[0].recv(65_536).startswith(b"HTTP/1.1 200 ")
        for client in held:
            client.close()
    wait_until(lambda: server.raw(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 "))


def test_a_flood_of_connections_that_say_nothing_leaves_nothing_behind(server: Server) -> None:
    for _ in range(5):
        with ExitStack() as stack:
            for _ in range(50):
                stack.enter_context(server.connect())
    wait_until(lambda: server.raw(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 "))


def test_random_bytes_never_end_the_server(server: Server) -> None:
    rng = random.Random(4)
    whole = PUT + b"Content-Length: %d\r\n\r\n" % len(body()) + body()
    for _ in range(300):
        sent = bytearray(rng.randbytes(rng.randrange(200)) if rng.random() < 0.2 else whole)
        for _ in range(rng.randrange(6)):
            if sent:
                sent[rng.randrange(len(sent))] = rng.randrange(256)
        with server.connect() as client:
            with suppress(OSError):
                client.sendall(bytes(sent))
                client.shutdown(socket.SHUT_WR)
            until_end(client)
    assert server.api.alive()
    assert server.raw(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")
