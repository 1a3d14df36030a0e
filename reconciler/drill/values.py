"""A drill as values: what is needed, what loads the site, what must hold, what is done, what is expected.

Before: reading (a file's text). After: rules, runner, judging, report. Everything in seconds, shares from 0 to 1.
Never here: text of files, containers, clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Literal, NamedTuple

from reconciler.chaos.faults import Fault


class Place(NamedTuple):
    """Where something stands in the drill's file: line and column from 1, and the path (`steps[2].gorilla`)."""

    line: int = 1
    column: int = 1
    path: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What must be there before anything is touched; no `clusters` means all that there are."""

    clusters: tuple[str, ...] = ()
    ready: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A container that makes requests all along, and tells its figures at its end (docs/reference/load.md)."""

    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: Literal["host", "environment"] = "host"
    finish_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """A program of this machine that writes a history to $RECONCILER_HISTORY; SIGTERM has it read back and end."""

    command: tuple[str, ...]
    finish_seconds: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question of the steady state, asked again and again: an HTTP request, or a command that must exit 0."""

    name: str
    http: str = ""
    status: int = 200
    command: tuple[str, ...] = ()
    every_seconds: float = 1.0
    timeout_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Let time pass."""

    seconds: float
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Wait until all clusters are ready; not within the time is a broken drill."""

    within_seconds: float
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Set a cluster's size; put back at the end."""

    cluster: str
    size: int
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Set one key of a cluster's spec (`stop.grace`); put back at the end."""

    cluster: str
    key: str
    value: str | int | bool
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Put another spec in a cluster's place; put back at the end. The file is relative to the drill's."""

    file: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Unleash:
    """One fault. `seconds` is how long it holds (0: done in an instant), `meanwhile` is done while it holds."""

    fault: Fault
    seconds: float = 0.0
    meanwhile: tuple["Step", ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The same steps again and again: begun each `every_seconds`, for the last time before `for_seconds` are over."""

    every_seconds: float
    for_seconds: float
    steps: tuple["Step", ...]
    place: Place = NOWHERE

    @property
    def times(self) -> int:
        """How often, at most."""
        return max(1, ceil(round(self.for_seconds / self.every_seconds, 9)))


Step = Wait | Until | Scale | Set | Apply | Unleash | Repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What must come of it; None (or False) is not expected. Shares must stay below, replacements at most."""

    recovered_within_seconds: float | None = None
    failed_requests_below: float | None = None
    steady_failures_below: float | None = None
    wrong_replacements: int | None = None
    nothing_lost: bool = False
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A whole drill; `name` is its file's stem, `file` how messages call the file."""

    name: str
    file: str
    about: str
    needs: Needs
    load: Load | None
    clients: Clients | None
    steady: tuple[Probe, ...]
    steps: tuple[Step, ...]
    expect: Expectations
    places: Mapping[str, Place] = field(default_factory=dict)
