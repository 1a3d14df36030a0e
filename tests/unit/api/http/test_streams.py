"""Streams over a real socket: events as they happen, log lines as they come, and both end when they should."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any

import httpx

from reconciler.api.http.app import api_app
from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from tests.support.fake_services import Fake, fake_services
from tests.support.fake_world import HOSTILE, large_world


@contextmanager
def serving(fake: Fake, tokens: TokenFile) -> Iterator[httpx.Client]:
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = WebServer(site(api_app(fake.services, tokens), None, port=port), listener)
    server.start()
    headers = {"Authorization": f"Bearer {tokens.value()}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:
            yield client
    finally:
        server.close()


def test_an_event_is_on_the_stream_as_soon_as_it_happened(fake: Fake, tokens: TokenFile) -> None:
    with serving(fake, tokens) as client, client.stream("GET", "/v1/events/stream") as got:
        assert got.headers["content-type"].startswith("text/event-stream")
        assert got.headers["cache-control"] == "no-store"
        lines = got.iter_lines()
        assert next(lines).startswith("retry: ")
        event = fake.backend.happens("webapp", "remove", "webapp-1", HOSTILE)
        told = [next(line for line in lines if line) for _ in range(3)]
    assert told[0] == f"id: {event.id}"
    assert told[1] == "event: event"
    assert json.loads(told[2].removeprefix("data: "))["cause"] == HOSTILE


def test_who_comes_back_misses_nothing(fake: Fake, tokens: TokenFile) -> None:
    first = fake.backend.happens("webapp", "create", "webapp-1", "one")
    fake.backend.happens("auth", "create", "auth-1", "of another cluster")
    second = fake.backend.happens("webapp", "create", "webapp-2", "two")
    headers = {"Last-Event-ID": str(first.id)}
    path = "/v1/events/stream?cluster=webapp"
    with serving(fake, tokens) as client, client.stream("GET", path, headers=headers) as got:
        ids = (line for line in got.iter_lines() if line.startswith("id: "))
        assert next(ids) == f"id: {second.id}"


def test_waiting_for_an_event_ends_with_it(fake: Fake, tokens: TokenFile) -> None:
    last = fake.backend.happened[-1].id
    with serving(fake, tokens) as client:
        assert client.get(f"/v1/events?after={last}&wait=0.3").json() == {"events": [], "last": last}
        event = fake.backend.happens("webapp", "create", "webapp-1", "one")
        assert client.get(f"/v1/events?after={last}&wait=60").json()["last"] == event.id


@dataclass(slots=True)
class Watching:
    """Passes on to `real`, and remembers the flags that end what is followed."""

    real: Any
    stops: list[Flag] = field(default_factory=list)

    def follow_logs(self, name: str, tail: int, stop: Flag) -> Iterator[str]:
        self.stops.append(stop)
        lines: Iterator[str] = self.real.follow_logs(name, tail, stop)
        return lines

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_log_lines_come_and_the_reader_who_leaves_ends_the_following(fake: Fake, tokens: TokenFile) -> None:
    watching = Watching(fake.containers)
    fake = replace(fake, services=replace(fake.services, containers=watching))
    with serving(fake, tokens) as client:
        with client.stream("GET", "/v1/instances/webapp-1/logs?follow=true&tail=2") as got:
            assert got.headers["content-type"].startswith("text/plain")
            lines = got.iter_lines()
            assert [next(lines), next(lines)] == [*fake.containers.lines[-2:]]
        deadline = time.monotonic() + 20
        while not watching.stops[0].is_set():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_refusal_to_follow_comes_as_one(fake: Fake, tokens: TokenFile) -> None:
    with serving(fake, tokens) as client:
        got = client.get("/v1/instances/nobody-1/logs?follow=true")
    assert got.status_code == 404


def test_a_thousand_instances_are_listed_over_one_connection(tokens: TokenFile) -> None:
    fake = fake_services(large_world(1000), events=())
    with serving(fake, tokens) as client:
        assert [len(client.get("/v1/instances").json()["instances"]) for _ in range(2)] == [1000, 1000]
