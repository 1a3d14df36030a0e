"""The port to registries of services: whom to follow, what they say, and who has traffic there.

Before: the loop (whom to follow), the executor (putting in and out of service). After: engine.eureka (the real one),
tests.support.fake_registries. `views` gives at once what is known; nothing here makes a pass wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.state.registered import Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One application in one registry: `servers` are the URLs of its API, any of which will do; `clusters` are told
    when something changes there. `lacking` says why there is no server.
    """

    app: str
    servers: tuple[str, ...]
    clusters: frozenset[str]
    lacking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known of a place: its instances by IPv4 address, and why it can't be asked (empty: it can).

    `known` is False before the first answer, and when the last one is too old to be believed.
    """

    known: bool = False
    problem: str = ""
    instances: Mapping[str, Registered] = field(default_factory=dict)


class Registries(Protocol):
    """Safe to call from several threads; a place is known by the key that the loop gave it."""

    def watch(self, places: Mapping[str, Place]) -> None:
        """Follow these from now on, and no others."""

    def views(self) -> Mapping[str, View]:
        """What is known now, by place."""

    def activate(self, place: str, entry: str) -> None:
        """Take back what holds an instance out; done where nothing does, or it isn't there. Raises RegistryError
        soon where that can't be said.
        """

    def deactivate(self, place: str, entry: str) -> None:
        """Hold an instance out, whatever it says of itself; done where it isn't there. Raises RegistryError soon."""


class NoRegistries:
    """Where no cluster has any."""

    def watch(self, places: Mapping[str, Place]) -> None:
        """Nobody is followed."""

    def views(self) -> Mapping[str, View]:
        return {}

    def activate(self, place: str, entry: str) -> None:  # noqa: ARG002
        return None

    def deactivate(self, place: str, entry: str) -> None:  # noqa: ARG002
        return None
