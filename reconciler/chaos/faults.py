"""The faults that can be made on purpose: what is asked for, as frozen values.

Before: the command line, a drill, a policy. After: prepare, which says whom it would hit and refuses what can't be.
Durations are seconds, sizes bytes. Never here: who is hit, how it is done.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Shape = Literal["halves", "rest", "ring", "bridge", "one-way", "reconciler"]
SHAPES: tuple[Shape, ...] = ("halves", "rest", "ring", "bridge", "one-way", "reconciler")

DEFAULT_SECONDS = 30.0
LEAST_SECONDS = 1.0
MOST_SECONDS = 3600.0
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who is meant: a cluster or one instance by `name` (`web`, `web-1`), all in a `zone`, or those of both.

    `one`: only one of them, chosen at random with `seed` (None: a seed is drawn, and said).
    """

    name: str | None = None
    zone: str | None = None
    one: bool = False
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monkey:
    """Kill one instance of a cluster, chosen at random. `cluster` None: of any cluster that is opted in.

    An instance's name in `cluster` means that one. `anyway`: also during a hold or an outage; so with all faults.
    """

    kind: ClassVar[str] = "monkey"
    cluster: str | None = None
    zone: str | None = None
    seed: int | None = None
    anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What all faults have that hold for a while, `seconds`.

    `spare`: leave alone the clusters among the victims that aren't opted in, instead of refusing.
    """

    seconds: float = DEFAULT_SECONDS
    spare: bool = False
    anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeted(Lasting):
    """What all faults of some instances have, wherever those are."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Gorilla(Lasting):
    """Kill everything in a zone at once. `keep_down`: close the zone first, for `seconds`."""

    kind: ClassVar[str] = "gorilla"
    zone: str
    keep_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBrain(Lasting):
    """Cut zones off from each other. What `sides` means depends on the shape; empty: see `shapes`.

    halves: the groups of zones that don't see each other. rest: one group, cut off from all others. bridge: first
    the zone that sees everybody, then the sides that don't see each other. one-way: two groups; what the first sends
    to the second is lost. reconciler: the zones that the reconciler doesn't reach. ring: the zones in their order.
    """

    kind: ClassVar[str] = "split-brain"
    shape: Shape
    sides: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Targeted):
    """Stop every process (SIGSTOP); they go on afterwards as if no time had passed."""

    kind: ClassVar[str] = "freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Targeted):
    """Lose `percent` of the packets, in each direction."""

    kind: ClassVar[str] = "loss"
    percent: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns(Targeted):
    """Names fail: nobody answers on port 53."""

    kind: ClassVar[str] = "dns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Targeted):
    """Only the heartbeat stops: the instance works, and its beats don't arrive."""

    kind: ClassVar[str] = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn(Targeted):
    """Compute in vain on `workers` processors, within the victim's own share where the engine allows it."""

    kind: ClassVar[str] = "burn"
    workers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill(Targeted):
    """Fill `size_bytes` of the disk that the victim writes to, at `path`."""

    kind: ClassVar[str] = "fill"
    size_bytes: int = 64 * MEBIBYTE
    path: str = "/tmp"  # noqa: S108  # inside the victim


Aimed: TypeAlias = Freeze | Loss | Dns | Agent | Burn | Fill
Fault: TypeAlias = Monkey | Gorilla | SplitBrain | Aimed

KINDS: tuple[str, ...] = tuple(
    kind.kind for kind in (Monkey, Gorilla, SplitBrain, Freeze, Loss, Dns, Agent, Burn, Fill)
)
