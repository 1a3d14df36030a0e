"""Requests made from the OpenAPI document, good ones and bad ones, over a real socket: no 500, and every answer as the
document says. With RECONCILER_API_EXAMPLES=1000 it takes longer and looks further.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event as Flag
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from reconciler.api.http.app import api_app, document
from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from tests.support.fake_services import Fake, fake_services

EXAMPLES = int(os.environ.get("RECONCILER_API_EXAMPLES", "12"))
ENDLESS = "/v1/events/stream"


def operations() -> dict[str, Any]:
    """By method and path. Without the security: a token that was left out on purpose is another test's business."""
    given_document = document()
    for methods in given_document["paths"].values():
        for operation in methods.values():
            del operation["security"]
    found: Any = schemathesis.openapi.from_dict(given_document).get_all_operations()
    return {one.ok().label: one.ok() for one in found if one.ok().path != ENDLESS}


OPERATIONS = operations()
TAKING = [label for label, one in OPERATIONS.items() if one.body or one.query or one.path_parameters]
ALWAYS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What a client may choose freely, and no proxy or framework of ours may stumble over.
NAMES = st.sampled_from(
    [b"Host", b"Origin", b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"Accept", b"X-Forwarded-Host",
     b"X-Forwarded-For", b"Forwarded", b"Last-Event-ID", b"If-None-Match", b"Range", b"Cookie", b"Expect", b"Upgrade",
     b"Connection", b"Sec-Fetch-Site", b"Content-Encoding", b"X-HTTP-Method-Override", b"Authorization"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([b"", b"chunked", b"websocket", b"upgrade", b"-1", b"1e3", b"null", b"gzip", b"100-continue",
                     b"*/*", b"bytes=0-", b"9" * 400, b"evil.example", b"Bearer", b"application/json; charset=\xff"]),
    st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\0")),
)  # fmt: skip
TARGETS = st.sampled_from(
    [b"/v1/status", b"/v1/plan", b"/v1/events?limit=1", b"/openapi.json", b"/", b"/v1/%00", b"/v1/\xff", b"//v1/status",
     b"/v1/../v1/status", b"http://evil.example/v1/status", b"*", b"/v1/stop"]
)  # fmt: skip
METHODS = st.sampled_from(
    [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"get", b"P\x7f"]
)


@dataclass(slots=True)
class Ending:
    """Like the fake's containers, but what is followed comes to its end."""

    real: Any

    def follow_logs(self, name: str, tail: int, stop: Flag) -> Iterator[str]:
        yield from self.real.logs(name, tail).splitlines()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], Fake]]:
    tokens = TokenFile(tmp_path_factory.mktemp("api") / "token")
    fake = fake_services()
    services = replace(fake.services, containers=Ending(fake.containers))
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = WebServer(site(api_app(services, tokens), None, port=port), listener)
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {tokens.value()}"}, fake
    finally:
        server.close()
        fake.operations.close(10)


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def impatient(case: Any) -> Any:
    """Long polls don't wait here."""
    with suppress(TypeError, ValueError, KeyError):
        if case.query and float(case.query["wait"]) > 0.01:
            case.query["wait"] = 0.01
    return case


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_good_requests_are_answered_as_the_document_says(served: Any, label: str) -> None:
    url, headers, _ = served

    @given(case=OPERATIONS[label].as_strategy(GenerationMode.POSITIVE))
    @bounded(EXAMPLES)
    def ask(case: Any) -> None:
        impatient(case).call_and_validate(base_url=url, headers=headers, checks=ALWAYS)

    ask()


@pytest.mark.parametrize("label", sorted(TAKING))
def test_bad_requests_are_refused_as_the_document_says(served: Any, label: str) -> None:
    url, headers, _ = served

    @given(case=OPERATIONS[label].as_strategy(GenerationMode.NEGATIVE))
    @bounded(EXAMPLES)
    def ask(case: Any) -> None:
        impatient(case).call_and_validate(
            base_url=url, headers=headers, checks=[*ALWAYS, checks.negative_data_rejection]
        )

    ask()


@given(method=METHODS, target=TARGETS, headers=st.lists(st.tuples(NAMES, VALUES), max_size=4), known=st.booleans())
@bounded(EXAMPLES * 20)
def test_hostile_headers_are_refused_and_never_a_mistake_of_ours(
    served: Any, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], known: bool
) -> None:
    url, token, fake = served
    host = url.removeprefix("http://")
    sent = [(b"Host", host.encode())] if known else []
    if known:
        sent.append((b"Authorization", token["Authorization"].encode()))
    lines = [b"%b %b HTTP/1.1" % (method, target), *(b"%b: %b" % one for one in [*sent, *headers]), b"", b""]
    fake.backend.calls.clear()
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=20) as connection:
        connection.sendall(b"\r\n".join(lines))
        # Whoever promises a body gets no answer before it comes: nothing does.
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status = answer[9:12]
    assert not answer or (answer.startswith(b"HTTP/1.1 ") and status != b"500"), answer[:300]
    if not known and target != b"/openapi.json":
        assert not status.startswith(b"2"), answer[:300]
        assert fake.backend.calls == []
