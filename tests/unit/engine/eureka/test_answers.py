"""Answers that are Eureka's, and the many that aren't."""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from socket import create_server

import pytest

from reconciler.engine.eureka.answers import Entry, entries_of
from reconciler.engine.eureka.client import ask, server_of
from reconciler.engine.eureka.known import TOLD_SECONDS, Known
from reconciler.errors import RegistryError

KIND = "application/json"


def document(**changes: object) -> dict[str, object]:
    return {"instanceId": "web1:80", "ipAddr": "192.0.2.1", "status": "UP", **changes}


def listed(*instances: object) -> bytes:
    return json.dumps({"application": {"name": "WEB", "instance": instances}}).encode()


def test_one_instance_may_stand_in_place_of_a_list() -> None:
    body = json.dumps({"application": {"name": "WEB", "instance": document()}}).encode()
    assert entries_of(200, KIND, body) == (Entry(id="web1:80", address="192.0.2.1", status="UP", held_out=False),)


@pytest.mark.parametrize("key", ["overriddenStatus", "overriddenstatus"])
def test_who_is_held_out_is_told_from_who_says_so_itself(key: str) -> None:
    body = listed(document(status="OUT_OF_SERVICE", **{key: "OUT_OF_SERVICE"}), document(status="OUT_OF_SERVICE"))
    assert [entry.held_out for entry in entries_of(200, KIND, body)] == [True, False]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html></html>", b'{"application": 1}', b'{"application": {"instance": [1]}}',
     b'{"application": {"instance": [{}]}}', b"[" * 100_000, b"\xff"],
)  # fmt: skip
def test_an_answer_of_somebody_else_is_no_news(body: bytes) -> None:
    with pytest.raises(RegistryError, match="is it an Eureka"):
        entries_of(200, KIND, body)


@pytest.mark.parametrize(("status", "kind", "body"), [(404, "", b""), (404, KIND, b"{}"), (503, KIND, b"")])
def test_a_refusal_is_no_empty_application(status: int, kind: str, body: bytes) -> None:
    with pytest.raises(RegistryError, match=f"it answers {status}"):
        entries_of(status, kind, body)


@pytest.mark.parametrize("url", ["https://x/eureka", "eureka:8080", "http://", "http://x:port/", "ftp://x", ""])
def test_a_url_that_is_none_of_http_is_refused(url: str) -> None:
    with pytest.raises(RegistryError, match="no URL like"):
        server_of(url)


HEAD = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(b"0" * 9_000_000)
ODD = {
    "nothing": b"",
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
    "half a body": HEAD + b"Content-Length: 10\r\n\r\nabc",
    "broken gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "half a gzip": HEAD + b"Content-Encoding: gzip\r\n\r\n" + BOMB[:20],
    "a bomb": HEAD + b"Content-Encoding: gzip\r\n\r\n" + BOMB,
    "a wrong length": HEAD + b"Content-Length: -5\r\n\r\n",
    "broken chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


def served(answer: Callable[[], bytes]) -> str:
    """The URL of a server that answers once, whatever it is asked."""
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer())

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/eureka/v2"


@pytest.mark.parametrize("odd", [name for name in ODD if name != "a wrong length"])
def test_whatever_answers_in_its_place_ends_in_a_sentence(odd: str) -> None:
    with pytest.raises(RegistryError, match=r"\w+ \w+"):
        ask(server_of(served(lambda: ODD[odd])), "GET", "/apps/WEB", seconds=5.0)


def test_nobody_listening_is_said() -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RegistryError, match="connection refused"):
        ask(server_of(f"http://127.0.0.1:{port}"), "GET", "/apps/WEB", seconds=5.0)


def test_an_answer_from_before_we_said_something_is_passed_over() -> None:
    known = Known("WEB at eureka", lambda: 5.0)
    up = Entry(id="web1:80", address="192.0.2.1", status="UP", held_out=False)
    assert known.learn([up], known.began())
    began = known.began()
    known.told("web1:80", "OUT_OF_SERVICE")
    assert not known.learn([up], began)
    assert known.view(5.0).instances["192.0.2.1"].held_out


def test_an_answer_out_of_a_cache_does_not_make_us_say_it_again_at_once() -> None:
    """Eureka's own cache is half a minute old by default; another server, or another lease, is believed at once."""
    now = 5.0
    known = Known("WEB at eureka", lambda: now)
    up = Entry(id="web1:80", address="192.0.2.1", status="UP", held_out=False, born=1)

    def held_out(entry: Entry, server: str = "one") -> bool:
        known.learn([entry], known.began(), server)
        return known.view(now).instances["192.0.2.1"].held_out

    assert not held_out(up)
    known.told("web1:80", "OUT_OF_SERVICE", "one")
    assert held_out(up)
    assert not held_out(up, "two")
    known.told("web1:80", "OUT_OF_SERVICE", "one")
    assert held_out(up)
    assert not held_out(replace(up, born=2))
    known.told("web1:80", "OUT_OF_SERVICE", "one")
    now += TOLD_SECONDS
    assert not held_out(replace(up, born=2))
