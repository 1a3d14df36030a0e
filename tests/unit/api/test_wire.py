"""One exchange over a socket, from the asker's side."""

import socket

from reconciler.api.wire import exchange


def test_an_answer_that_came_before_the_question_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        theirs.close()
        assert exchange(ours, "GET", "/v1/status", None, 10.0) == (503, b"{}")
