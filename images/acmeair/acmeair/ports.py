"""What handlers need of the world, as ports: a store that runs statements, a caller of other servers. Pure.

Before: the tiers' handlers, which know only these. After: store (Cassandra) and client (HTTP); the unit tests have
fakes of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

Row = dict[str, Any]
UNSET = object()  # as a statement's value: leave this column as it is


class Kind(Enum):
    """How a statement may be treated."""

    READ = "read"  # asked a second node when the first is slow
    READ_ALL = "read-all"  # every replica has to answer
    WRITE = "write"  # may be sent twice: the same again changes nothing
    ONCE = "once"  # a condition whose answer tells the first time from the second: never sent twice
    LOOSE = "loose"  # one replica is enough: losing it costs a new sign-in


@dataclass(frozen=True, slots=True)
class Statement:
    """What is prepared once and run often."""

    cql: str
    kind: Kind


Statements = Mapping[str, Statement]


class Store(Protocol):
    """Runs statements by name."""

    async def run(self, name: str, *values: object) -> list[Row]:
        """The rows, empty where there are none; raises StoreError."""


@dataclass(slots=True)
class Answer:
    """A whole answer of another server; names of headers are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Caller(Protocol):
    """Sends requests, a POST never twice; what else may be sent again where a kept connection turns out to be dead."""

    async def url(self, method: str, address: str, *, body: bytes = b"", seconds: float) -> Answer:
        """To an address such as `http://eureka1.eureka:8080/eureka/v2/apps`; raises CallFailed."""

    async def request(
        self, method: str, host: str, port: int, path: str, *, body: bytes = b"", seconds: float
    ) -> Answer:
        """Within `seconds`; raises CallFailed."""
