"""A registry whose clocks a test moves, notes in memory, and services to register."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.dns.skydns.registry import Registry
from reconciler.dns.skydns.service import Service, read_service
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

START_AT = 1_700_000_000.0


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

    def start(self, most: int = 10_000) -> None:
        """As after a restart of the loop: only the notes are left."""
        self.names = EmbeddedNames("dev", "host1.example.com")
        self.registry = Registry(
            self.names, self.notes, clock=lambda: self.time.monotonic, wall=lambda: self.time.wall, most=most
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
