"""The tiers' foreign libraries live in their images only; stand-ins take their place for a test that needs them."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

FOREIGN = (
    "cassandra",
    "cassandra.cluster",
    "cassandra.concurrent",
    "cassandra.connection",
    "cassandra.policies",
    "cassandra.pool",
    "cassandra.query",
    "httptools",
)
# Ours that import them: made anew for each such test.
OURS = (
    "acmeair.client",
    "acmeair.cassandra_link",
    "acmeair.store",
    "acmeair_loader.loading",
    "acmeair_auth.tier",
    "acmeair_web.tier",
)


class Thing(Exception):
    """Any class of a foreign library: keeps what it was made with."""

    ONE, TWO, THREE, ALL, SERIAL = "one", "two", "three", "all", "serial"
    RETRY, RETHROW = "retry", "rethrow"

    def __init__(self, *args: object, **named: Any) -> None:
        super().__init__(*args)
        self.errors: dict[str, BaseException] = {}
        self.__dict__.update(named)


class Library(ModuleType):
    """Has a class of every name."""

    def __getattr__(self, name: str) -> type[Thing]:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (Thing,), {})
        setattr(self, name, made)
        return made


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stand-ins, for one test."""
    for name in FOREIGN:
        monkeypatch.setitem(sys.modules, name, Library(name))
    for name in OURS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in OURS:
        sys.modules.pop(name, None)
