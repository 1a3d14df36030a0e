"""The one place where requests come in and every failure becomes JSON."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from acmeair.asgi import LARGEST_BODY, MOST_SWALLOWED, Application, Request, Response, Route, answer
from acmeair.errors import OutcomeUnknown, Refusal, Unavailable
from acmeair.metrics import Counts
from acmeair_web.requests import request_key


async def echo(request: Request) -> Response:
    return answer({"params": request.params, "body": request.body.decode(), "customer": request.customer})


async def unavailable(_request: Request) -> Response:
    raise Unavailable("node 10.0.0.1")


async def unknown(_request: Request) -> Response:
    raise OutcomeUnknown("node 10.0.0.1")


async def broken(_request: Request) -> Response:
    raise ZeroDivisionError("secret detail")


async def telling(request: Request) -> Response:
    kind = {"store": Unavailable, "fault": ValueError}[request.params["kind"]]
    raise kind(f"it is about {request.params['id']}")


async def book(request: Request) -> Response:
    return answer({"key": request_key(request.headers.get("idempotency-key")), "a": request.cookie("a")})


async def slow(_request: Request) -> Response:
    await asyncio.sleep(60)
    return answer({})


async def guard(request: Request) -> None:
    if request.cookie("sessionid") != "good":
        raise Refusal(401, "no_session", "Sign in first.")
    request.customer = "uid0"


CANARY = "canary-" + "c" * 36
ROUTES = [
    Route("GET", "/", echo),
    Route("GET", "/static/{name...}", echo),
    Route("GET", "/user/{id}", echo, guarded=True),
    Route("POST", "/user/{id}", echo),
    Route("GET", "/unavailable", unavailable),
    Route("POST", "/unknown", unknown),
    Route("GET", "/broken", broken),
    Route("GET", "/slow", slow),
    Route("POST", "/slow", slow, writes=True),
    Route("POST", "/search", slow),
    Route("POST", "/book", book),
    Route("GET", "/slow/{id}", slow),
    Route("GET", "/telling/{kind}/{id}", telling),
]


Lines = tuple[tuple[str, str], ...]


class Answered:
    """What came back."""

    def __init__(self, sent: list[dict[str, Any]]) -> None:
        self.status = sent[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        self.body: bytes = sent[1]["body"]
        self.unread = 0

    @property
    def code(self) -> str:
        code: str = json.loads(self.body)["error"]["code"]
        return code


def ask(
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    more: Lines = (),
    leaving: bool = False,
    counts: Counts | None = None,
) -> Answered:
    application = Application(ROUTES, deadline=0.05, guard=guard)
    application.counts = counts or Counts()
    application.leaving = leaving
    lines = {"content-length": str(len(body)), **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (*lines.items(), *more)],
    }
    parts: Iterator[bytes] = iter([body[start : start + 4096] for start in range(0, len(body), 4096)] or [b""])
    left = [len(body)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = next(parts)
        left[0] -= len(part)
        return {"type": "http.request", "body": part, "more_body": left[0] > 0}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    answered = Answered(sent)
    answered.unread = left[0]
    return answered


def test_a_path_s_parts_are_decoded_one_by_one() -> None:
    got = ask("POST", "/user/uid0%40email.com?x=1", body=b"hello")
    assert json.loads(got.body) == {"params": {"id": "uid0@email.com"}, "body": "hello", "customer": ""}
    assert json.loads(ask("POST", "/user/a%2Fb", body=b"").body)["params"] == {"id": "a/b"}
    assert json.loads(ask("GET", "/static/js/main.js").body)["params"] == {"name": "js/main.js"}


def test_head_is_answered_like_get_without_the_body() -> None:
    got, whole = ask("HEAD", "/"), ask("GET", "/")
    assert (got.status, got.body, got.headers["content-length"]) == (200, b"", str(len(whole.body)))


def test_another_path_is_404_and_another_method_405_with_those_that_there_are() -> None:
    assert (ask("GET", "/nothing").status, ask("GET", "/nothing").code) == (404, "unknown_path")
    got = ask("DELETE", "/user/1")
    assert (got.status, got.code, got.headers["allow"]) == (405, "wrong_method", "GET, HEAD, POST")


@pytest.mark.parametrize("path", ["/user/%ff", "/user/", f"/user/{'a' * 201}", "/user/%00"])
def test_a_path_that_cannot_be_meant_is_400(path: str) -> None:
    assert (ask("POST", path).status, ask("POST", path).code) == (400, "bad_path")


def test_a_guarded_path_needs_what_the_guard_wants() -> None:
    assert (ask("GET", "/user/1").status, ask("GET", "/user/1").code) == (401, "no_session")
    got = ask("GET", "/user/1", headers={"cookie": "a=b; sessionid=good"})
    assert json.loads(got.body)["customer"] == "uid0"


def test_a_body_is_bounded_whether_its_length_was_told_or_not() -> None:
    whole = b"x" * (LARGEST_BODY + 1)
    assert ask("POST", "/user/1", body=whole[1:]).status == 200
    told = ask("POST", "/user/1", body=whole)
    chunked = ask("POST", "/user/1", body=whole, headers={"transfer-encoding": "chunked", "content-length": "0"})
    for got in (told, chunked):
        assert (got.status, got.code, got.headers["connection"]) == (413, "too_large", "close")
        assert got.unread == 0  # else the connection's end would be a reset, and the answer lost on who still sends


def test_a_body_without_measure_is_not_read_to_its_end() -> None:
    whole = b"x" * (2 * MOST_SWALLOWED)
    assert ask("POST", "/user/1", body=whole).unread == len(whole)
    chunked = ask("POST", "/user/1", body=whole, headers={"transfer-encoding": "chunked", "content-length": "0"})
    assert chunked.status == 413
    assert 0 < chunked.unread < MOST_SWALLOWED


def test_a_database_that_cannot_is_503_and_worth_another_try() -> None:
    got = ask("GET", "/unavailable")
    assert (got.status, got.code, got.headers["retry-after"]) == (503, "database_unavailable", "1")
    assert b"10.0.0.1" not in got.body
    assert ask("POST", "/unknown").code == "outcome_unknown"


def test_what_takes_too_long_is_answered_in_time_and_never_called_undone() -> None:
    assert (ask("GET", "/slow").status, ask("GET", "/slow").code) == (503, "database_unavailable")
    assert ask("POST", "/slow").code == "outcome_unknown"
    assert ask("POST", "/search").code == "database_unavailable"  # it writes nothing


def test_a_fault_of_ours_is_500_and_tells_nothing_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    got = ask("GET", "/broken")
    assert (got.status, got.code) == (500, "internal")
    assert b"secret" not in got.body
    assert "ZeroDivisionError" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/slow/" + CANARY, "/telling/store/" + CANARY, "/telling/fault/" + CANARY])
def test_the_log_names_the_route_and_never_what_was_in_the_path(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("GET", path).status in (500, 503)
    log = capsys.readouterr().out
    assert "/{id}" in log
    assert CANARY not in log


def test_two_keys_are_no_key_and_two_cookies_are_both_read() -> None:
    key = ("idempotency-key", "k1")
    assert json.loads(ask("POST", "/book", more=(key,)).body)["key"] == "k1"
    for second in ("k1", "k2"):
        got = ask("POST", "/book", more=(key, ("idempotency-key", second)))
        assert (got.status, got.code) == (400, "bad_key")
    assert json.loads(ask("POST", "/book", more=(("cookie", "a=1"), ("cookie", "b=2"))).body)["a"] == "1"


def test_while_leaving_connections_are_closed_after_their_answer() -> None:
    assert ask("GET", "/", leaving=True).headers["connection"] == "close"
    assert "connection" not in ask("GET", "/").headers


def test_every_answer_is_counted_but_those_to_health_checks() -> None:
    counts = Counts()
    for path in ("/", "/healthcheck", "/unavailable", "/nowhere"):
        ask("GET", path, counts=counts)
    assert counts == Counts(requests=3, errors=1)
