"""The guard, asked without a server: whom it lets through, and what it says to the others."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from reconciler.api.http.guard import LARGEST_BODY_BYTES, Guard

GUARD = Guard(PlainTextResponse("in", headers={"X-Own": "1"}), port=8600, names=("Box.example",))
Headers = Sequence[tuple[str, str]]


def ask(
    *headers: tuple[str, str], method: str = "GET", path: str = "/", guard: Guard = GUARD
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    raw = [(key.lower().encode(), value.encode("latin-1")) for key, value in headers]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    asyncio.run(guard(scope, receive, send))
    given = {key.decode().lower(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], given, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8600", "localhost:8600", "LOCALHOST.:8600", "[::1]:8600", "192.168.1.5:8600", "box.example",
     "BOX.EXAMPLE:443"],
)  # fmt: skip
def test_our_own_hosts_pass(host: str) -> None:
    assert ask(("Host", host))[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8600", "localhost", "localhost:80", "127.0.0.1:8601", "127.0.0.1.evil.example:8600", "", "[::1",
     "localhost:8600@evil", "localhost:99999999", "999.1.1.1:8600", "xbox.example", "\xff:8600", "a b:8600"],
)  # fmt: skip
def test_foreign_hosts_are_told_so_and_get_no_further(host: str) -> None:
    status, headers, body = ask(("Host", host))
    assert status == 421
    assert headers["content-type"].startswith("text/plain")
    assert b"isn't this console" in body


def test_no_host_and_two_hosts_are_refused() -> None:
    assert ask()[0] == 421
    assert ask(("Host", "localhost:8600"), ("Host", "localhost:8600"))[0] == 400


HOST = ("Host", "localhost:8600")


@pytest.mark.parametrize(
    "headers",
    [(), (("Origin", "http://localhost:8600"),),
     (("Origin", "https://LOCALHOST:8600"), ("Sec-Fetch-Site", "same-origin")), (("Sec-Fetch-Site", "none"),)],
)  # fmt: skip
def test_posts_of_our_own_pages_and_of_programs_pass(headers: Headers) -> None:
    assert ask(HOST, *headers, method="POST")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [(("Origin", "http://evil.example"),), (("Origin", "null"),), (("Origin", "http://localhost:8601"),),
     (("Origin", "http://127.0.0.1:8600"),), (("Sec-Fetch-Site", "cross-site"),), (("Sec-Fetch-Site", "same-site"),),
     (("Origin", "http://localhost:8600"), ("Sec-Fetch-Site", "cross-site")), (("Origin", "file://localhost:8600"),)],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "OPTIONS"])
def test_what_a_foreign_page_sends_is_refused(headers: Headers, method: str) -> None:
    status, _, body = ask(HOST, *headers, method=method, path="/v1/stop")
    assert status == 403
    assert json.loads(body)["error"]["code"] == "forbidden"


def test_a_link_from_elsewhere_may_be_followed() -> None:
    assert ask(HOST, ("Sec-Fetch-Site", "cross-site"))[0] == 200


def test_bodies_have_a_length_and_a_limit() -> None:
    assert ask(HOST, ("Content-Length", str(LARGEST_BODY_BYTES)), method="POST")[0] == 200
    assert ask(HOST, ("Content-Length", str(LARGEST_BODY_BYTES + 1)), method="POST")[0] == 413
    assert ask(HOST, ("Content-Length", "9" * 400), method="POST")[0] == 413
    assert ask(HOST, ("Content-Length", "-1"), method="POST")[0] == 400
    assert ask(HOST, ("Transfer-Encoding", "chunked"), method="POST")[0] == 411


def test_every_answer_has_the_headers_that_keep_it_to_itself() -> None:
    for _, headers, _ in (ask(HOST), ask(("Host", "evil"))):
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    assert "cache-control" not in ask(HOST, path="/static/console.css")[1]
