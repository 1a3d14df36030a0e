"""The server's thread over real sockets: it answers, streams end with it, and bugs become a sentence."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event as Flag

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.api.http import server as http_server
from reconciler.api.http.guard import Guard
from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.api.http.streaming import Streamed
from reconciler.api.http.threads import off_loop
from reconciler.errors import LoopNotRunning, UsageError
from tests.support.waiting import eventually


@contextmanager
def serving(api: ASGIApp, *, bare: bool = False, idle_seconds: float = 20.0) -> Iterator[tuple[str, WebServer]]:
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = WebServer(api if bare else site(api, None, port=port), listener, idle_seconds=idle_seconds)
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.close()


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20)


async def endless(began: list[str]) -> AsyncIterator[bytes]:
    try:
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)
    finally:
        began.append("ended")


async def seldom(began: list[str]) -> AsyncIterator[bytes]:
    try:
        yield b"first\n"
        await asyncio.Event().wait()
    finally:
        began.append("ended")


def test_an_open_stream_ends_when_the_server_closes_and_that_within_its_time() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Streamed(seldom(ended))(scope, receive, send)

    with serving(app) as (url, server), httpx.Client(timeout=20) as client, client.stream("GET", f"{url}/v1/x") as got:
        pieces = got.iter_bytes()
        assert next(pieces) == b"first\n"
        assert got.headers["content-type"].startswith("text/event-stream")
        server.close()
        assert list(pieces) == []
    assert ended == ["ended"]


def test_a_stream_that_ends_by_itself_when_the_server_closes_ends_once(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def until_closing() -> AsyncIterator[bytes]:
            yield b"first\n"
            await scope["closing"].wait()

        await Streamed(until_closing())(scope, receive, send)

    with serving(app) as (url, server), httpx.Client(timeout=20) as client, client.stream("GET", f"{url}/v1/x") as got:
        pieces = got.iter_bytes()
        assert next(pieces) == b"first\n"
        server.close()
        assert list(pieces) == []
    assert caplog.text == ""


def test_a_stream_whose_loop_goes_away_ends_quietly(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def failing() -> AsyncIterator[bytes]:
            yield b"first\n"
            raise LoopNotRunning("gone")

        await Streamed(failing())(scope, receive, send)

    with serving(app) as (url, _), httpx.Client(timeout=20) as client, client.stream("GET", f"{url}/v1/x") as got:
        pieces = got.iter_bytes()
        assert next(pieces) == b"first\n"
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)
    assert caplog.text == ""


def test_a_reader_that_takes_nothing_is_dropped() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Streamed(endless(ended), send_seconds=0.2)(scope, receive, send)

    with serving(app) as (url, _), connected(url) as slow:
        slow.sendall(f"GET /v1/x HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode())
        deadline = time.monotonic() + 20
        while not ended:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_reader_that_leaves_ends_the_stream() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Streamed(seldom(ended))(scope, receive, send)

    with serving(app) as (url, _), httpx.Client(timeout=20) as client:
        with client.stream("GET", f"{url}/v1/x") as got:
            next(got.iter_bytes())
        deadline = time.monotonic() + 20
        while not ended:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_work_that_hangs_does_not_keep_the_server_from_closing() -> None:
    begun, over = Flag(), Flag()

    def hang() -> None:
        begun.set()
        assert over.wait(60)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await off_loop(hang)

    with serving(app) as (url, server), connected(url) as client:
        client.sendall(f"GET /v1/x HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode())
        assert begun.wait(20)
        server.close()
        assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
    over.set()


def test_a_bug_reaches_the_log_and_the_client_only_as_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("secret detail")

    with caplog.at_level(logging.ERROR), serving(app) as (url, _):
        got = httpx.get(f"{url}/v1/x")
    assert got.status_code == 500
    assert json.loads(got.content)["error"]["code"] == "internal"
    assert "secret" not in got.text
    assert "secret detail" in caplog.text


def test_without_a_console_its_paths_say_where_the_api_is() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    with serving(app) as (url, _):
        got = httpx.get(f"{url}/")
    assert (got.status_code, got.text) == (404, "there is no console here; the API is at /v1\n")


def test_a_taken_port_is_a_usage_error_that_says_how_to_find_who_has_it() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="ss -ltnp"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_of_another_machine_is_called_so() -> None:
    with pytest.raises(UsageError, match="this machine has no such address"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("head", [b"", b"GET /v1/x HT", b"GET /v1/x HTTP/1.1\r\nHost: a\r\n", b"whole"])
def test_who_connects_and_does_not_ask_is_put_out(head: bytes) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"answer")(scope, receive, send)

    with serving(app, idle_seconds=0.2) as (url, _), connected(url) as silent:
        silent.sendall(f"GET /v1/x HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode() if head == b"whole" else head)
        got = b"".join(iter(lambda: silent.recv(65536), b""))
    assert got.endswith(b"answer") if head == b"whole" else got == b""


@pytest.mark.parametrize("streamed", [True, False])
def test_who_takes_nothing_of_his_answer_keeps_no_place(*, streamed: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        answer = Streamed(endless([]), send_seconds=0.1) if streamed else Response(b"x" * 16_000_000)
        await answer(scope, receive, send)

    with serving(app, idle_seconds=0.2) as (url, server), connected(url) as slow:
        slow.sendall(f"GET /v1/x HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode())
        eventually(lambda: server.connected == 1)
        eventually(lambda: server.connected == 0)


def test_no_crowd_takes_more_of_the_loops_descriptors_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"answer")(scope, receive, send)

    monkeypatch.setattr(http_server, "MOST_CONNECTIONS", 4)
    monkeypatch.setattr(http_server, "MOST_REFUSED", 2)
    with serving(app) as (url, server), ExitStack() as crowd:
        for _ in range(6):
            crowd.enter_context(connected(url))
        eventually(lambda: server.connected == 6)
        with connected(url) as late:  # put out, and not left waiting
            late.settimeout(20)
            with suppress(ConnectionResetError):
                assert late.recv(1) == b""
        assert server.connected <= 6
        crowd.close()
        eventually(lambda: server.connected == 0)
        assert httpx.get(f"{url}/v1/x").text == "answer"


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        raise AssertionError(body)

    guarded = Guard(app, port=80, names=("box",), body_seconds=0.1)
    with serving(guarded, bare=True) as (url, _), connected(url) as slow:
        slow.sendall(b"POST /v1/x HTTP/1.1\r\nHost: box\r\nContent-Length: 5\r\n\r\n12")
        got = b"".join(iter(lambda: slow.recv(65536), b""))
    assert got.startswith(b"HTTP/1.1 408 ")
