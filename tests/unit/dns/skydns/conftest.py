"""A registry whose clocks a test moves, notes in memory, services to register, and a running API with a client."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic
from typing import Any

import pytest

from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.registry import Registry
from reconciler.dns.skydns.server import SkyDnsApi
from reconciler.dns.skydns.service import Service, read_service
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

START_AT = 1_700_000_000.0
# What must not depend on a limit of time has limits that no client here waits out; HASTY is for tests that do.
CLIENT_SECONDS = 20.0
# Where a test moves the clock, that is no absence.
EVER_THERE = HttpLimits(absence_seconds=inf)
CALM = replace(
    EVER_THERE,
    request_seconds=90.0,
    answer_seconds=90.0,
    idle_seconds=90.0,
    connections=6,
    connections_of_one_client=4,
    services=3,
)
HASTY = replace(CALM, request_seconds=0.2, answer_seconds=0.2, idle_seconds=0.2)


@dataclass
class Time:
    """Both clocks; they pass together."""

    monotonic: float = 1_000.0
    wall: float = START_AT

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


@dataclass
class MemoryNotes:
    """What a store would keep."""

    kept: dict[str, str] = field(default_factory=dict)

    def notes(self) -> Mapping[str, str]:
        return dict(self.kept)

    def note(self, key: str, text: str | None) -> None:
        self.kept.pop(key, None)
        if text is not None:
            self.kept[key] = text


def body(**fields: Any) -> bytes:
    """The JSON of a whole service, with some fields changed or (None) left out."""
    whole = {
        "Name": "TestService",
        "Version": "1.0.0",
        "Environment": "Production",
        "Region": "East",
        "Host": "web1.site.com",
        "Port": 80,
        "TTL": 10,
        **fields,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not None}).encode()


def service(uuid: str = "1001", **fields: Any) -> Service:
    return read_service(uuid, body(**fields))


def record(instance: str, address: str, *, cluster: str = "webapp", zone: str = "az1") -> Record:
    return Record(
        instance=instance, cluster=cluster, zone=zone, revision="v000", address=address, ready=True, ports=(80,)
    )


@dataclass
class Place:
    """A registry for the environment dev, with its names, notes and clocks."""

    time: Time = field(default_factory=Time)
    notes: MemoryNotes = field(default_factory=MemoryNotes)

    def __post_init__(self) -> None:
        self.start()

    def start(self, limits: HttpLimits = EVER_THERE) -> None:
        """As after a restart of the loop: only the notes are left."""
        self.names = EmbeddedNames("dev", "host1.example.com")
        self.registry = Registry(
            self.names, self.notes, clock=lambda: self.time.monotonic, wall=lambda: self.time.wall, limits=limits
        )
        self.registry.load()

    def passes(self, seconds: float) -> None:
        """Time passes, and the sweep comes when the registry asked for it."""
        until = self.time.monotonic + seconds
        while (next_at := self.registry.next_at) is not None and next_at <= until:
            self.time.passes(max(0.0, next_at - self.time.monotonic))
            self.registry.sweep()
        self.time.passes(until - self.time.monotonic)

    def targets(self, name: str) -> list[str]:
        """What a relative name leads to, sorted."""
        match = self.names.table().match(tuple(name.split(".")))
        return sorted(entry.target for entry in match.entries) if match else []


@pytest.fixture
def place() -> Place:
    return Place()


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Server:
    """A running API on a port of loopback, and a client of it that is none of ours."""

    api: SkyDnsApi
    names: EmbeddedNames
    time: Time

    @property
    def where(self) -> tuple[str, int]:
        assert self.api.address is not None
        return self.api.address

    def client(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.where, timeout=CLIENT_SECONDS)

    def call(self, method: str, path: str, sent: bytes | None = None, **headers: str) -> Reply:
        """One request on a connection of its own."""
        with closing(self.client()) as client:
            return exchange(client, method, path, sent, headers)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.where, timeout=CLIENT_SECONDS)

    def raw(self, *pieces: bytes) -> bytes:
        """All that is answered to these bytes until the server ends the connection."""
        with self.connect() as client:
            with suppress(ConnectionError):
                for piece in pieces:
                    client.sendall(piece)
            return until_end(client)


def exchange(
    client: http.client.HTTPConnection, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]
) -> Reply:
    client.request(method, path, sent, {name.replace("_", "-"): value for name, value in headers.items()})
    response = client.getresponse()
    return Reply(response.status, response.read().decode(), dict(response.headers))


def until_end(client: socket.socket) -> bytes:
    """All that comes, until an end or a reset."""
    found = b""
    with suppress(ConnectionError):
        while more := client.recv(65_536):
            found += more
    return found


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts APIs, each on a port of its own, and stops them all at the end."""
    apis: list[SkyDnsApi] = []

    def begin(*, limits: HttpLimits = CALM, secret: str = "", notes: MemoryNotes | None = None) -> Server:
        names, time = EmbeddedNames("dev", "host1.example.com"), Time()
        api = SkyDnsApi(names, "docker", secret=secret, notes=notes, limits=limits, clock=lambda: time.monotonic)
        apis.append(api)
        api.start(("127.0.0.1", 0))
        return Server(api, names, time)

    yield begin
    for api in apis:
        api.stop()


@pytest.fixture
def server(start: Start) -> Server:
    """With limits that no test waits out."""
    return start()


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fails after `seconds`."""
    tick, deadline = threading.Event(), monotonic() + seconds
    while not true():
        assert monotonic() < deadline, "it did not come true in time"
        tick.wait(0.01)
