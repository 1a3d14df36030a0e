"""The client's side of HTTP: whole answers only."""

import socket

import pytest

from reconciler.api.wire import BrokenAnswerError, exchange


def answered(answer: bytes) -> tuple[int, bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        return exchange(ours, "GET", "/v1/status", None, 5)


def test_a_whole_answer_is_its_status_and_body() -> None:
    assert answered(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nX: y\r\n\r\n{}") == (404, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_anything_less_is_refused(answer: bytes) -> None:
    with pytest.raises(BrokenAnswerError):
        answered(answer)


def test_a_server_that_says_nothing_runs_into_the_time_limit() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        exchange(ours, "GET", "/", None, 0.05)
