"""Faults on purpose as requests: one model for each kind, with the words of the command line.

Before: the routes. After: the service, which knows the defaults, the limits and whom it may hit.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from reconciler.api.http.bodies import Body

Place: TypeAlias = Annotated[str, Field(min_length=1, max_length=63, examples=["az1"])]
Seconds: TypeAlias = Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False, examples=[30])]


class Fault(Body):
    """`anyway`: also during a hold or an outage."""

    anyway: bool = False


class Monkey(Fault):
    """Kill one instance, chosen at random: the same `seed`, the same one."""

    kind: Literal["monkey"]
    cluster: str | None = Field(None, max_length=80, examples=["webapp"])
    zone: Place | None = None
    seed: int | None = Field(None, ge=0, le=2**53)


class Lasting(Fault):
    """`spare`: leave alone who isn't opted in, instead of refusing."""

    seconds: Seconds = 30.0
    spare: bool = False


class Gorilla(Lasting):
    """Kill everything in a zone; `keep_down`: close it for the time."""

    kind: Literal["gorilla"]
    zone: Place
    keep_down: bool = False


class SplitBrain(Lasting):
    """Cut zones off from each other."""

    kind: Literal["split-brain"]
    shape: Literal["halves", "rest", "ring", "bridge", "one-way", "reconciler"] = "halves"
    sides: list[Annotated[list[Place], Field(min_length=1, max_length=64)]] = Field(
        [], max_length=64, examples=[[["az1"], ["az2", "az3"]]]
    )


class Aimed(Lasting):
    """Who is hit: a cluster or an instance by `name`, all in a `zone`, or those of both; `one` of them at random."""

    name: str | None = Field(None, max_length=80, examples=["webapp-1"])
    zone: Place | None = None
    one: bool = False
    seed: int | None = Field(None, ge=0, le=2**53)


class Freeze(Aimed):
    """Stop every process."""

    kind: Literal["freeze"]


class Loss(Aimed):
    """Lose some of the packets, each way."""

    kind: Literal["loss"]
    percent: float = Field(20.0, gt=0, le=100, allow_inf_nan=False)


class Dns(Aimed):
    """Let no name be answered."""

    kind: Literal["dns"]


class Agent(Aimed):
    """Let only heartbeats be lost."""

    kind: Literal["agent"]


class Burn(Aimed):
    """Compute in vain."""

    kind: Literal["burn"]
    workers: int = Field(1, ge=1, le=64)


class Fill(Aimed):
    """Take disk space."""

    kind: Literal["fill"]
    size: str = Field("64MiB", max_length=20, examples=["64MiB"])
    path: str = Field("/tmp", max_length=500, examples=["/tmp"])  # noqa: S108  # inside the victim


AnyFault: TypeAlias = Annotated[
    Monkey | Gorilla | SplitBrain | Freeze | Loss | Dns | Agent | Burn | Fill, Field(discriminator="kind")
]


def request(fault: Fault) -> dict[str, Any]:
    """As the service takes it: what was said, and nothing that wasn't."""
    return fault.model_dump(exclude_unset=True, exclude_none=True)
