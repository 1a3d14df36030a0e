"""What the REST API and the console can do, as Protocols: whoever wires a loop puts the real ones in.

Before: routes of the REST API and pages of the console, on their server's threads. After: the loop (`Backend`), spec
files (changes), the engine, chaos. Every method may be called from several threads and may raise ReconcilerError.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event as Flag
from typing import Any, Protocol

from reconciler.api.backend import Backend
from reconciler.api.operations import LogLine, Operation
from reconciler.changes.proposal import Proposal
from reconciler.changes.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A cluster's file: its bare name, its text, and `base`, which stands for it as in a Proposal."""

    file: str
    text: str
    base: str


class Changes(Protocol):
    """Changes of the watched directory."""

    def spec(self, name: str) -> SpecFile:
        """The file of a cluster. Raises ReconcilerError where there is none, or two."""

    def propose(self, wish: Wish, base: str | None = None) -> Proposal:
        """What would come of it; nothing is changed. Raises SpecError, UsageError, ReconcilerError; FileChanged where
        the files aren't those of `base` any more (None: whatever they are).
        """

    def carry_out(self, wish: Wish, base: str | None, by: str) -> Operation:
        """Change the files, and follow what comes of it. Raises FileChanged where they aren't those of `base` any more
        (None: whatever they are).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a command in a container printed (both streams, as they came) and its exit code; None: it took too long."""

    exit_code: int | None
    output: str
    cut_off: bool = False


class Containers(Protocol):
    """Looking into instances, by name: `webapp-1`, `webapp1`, or a cluster's for its first one that runs."""

    def logs(self, name: str, tail: int) -> str:
        """The newest `tail` lines."""

    def follow_logs(self, name: str, tail: int, stop: Flag) -> Iterator[str]:
        """Lines (without their ends) from the newest `tail` on, until `stop` is set or the container ends. An empty
        one now and then while nothing comes, so that whoever passes them on notices who left.
        """

    def execute(self, name: str, command: Sequence[str], seconds: float) -> Executed:
        """Run a command there, for so long at most."""

    def terminate(self, name: str, by: str) -> Operation:
        """End one instance as in a rollout (withdrawn, drained, stopped); the loop puts another in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPreview:
    """What a fault would do, on the leash: whom it would hit, whom it would spare, and for how long (seconds).

    `sentences` are all that it would do. `seed`: what chance was led by; in the request, it hits the same ones again.
    """

    says: str
    victims: tuple[str, ...]
    spared: tuple[str, ...]
    seconds: float
    seed: int | None = None
    sentences: tuple[str, ...] = ()


class Faults(Protocol):
    """Faults on purpose. A request is what the command line takes, by name: {"kind": "monkey", "cluster": "web"}."""

    def leashed(self, request: Mapping[str, Any]) -> FaultPreview:
        """What it would do. Raises UsageError for a request that isn't one, ChaosRefused where it may not be."""

    def unleash(self, request: Mapping[str, Any], by: str) -> Operation:
        """Make it, hold it for its time, undo it; `stop` of the operation undoes it at once."""

    def heal(self, fault_id: str | None) -> tuple[str, ...]:
        """End one fault, or all, whoever made them; says which were ended."""


class Commands(Protocol):
    """Commands of the command line that take their time and need nobody at a terminal: images, drills, the doctor."""

    def doctor(self) -> tuple[Mapping[str, Any], ...]:
        """The findings, as `doctor -o json` prints them."""

    def build_images(self, names: Sequence[str], by: str) -> Operation:
        """As `images build`."""

    def drill(self, text: str, by: str) -> Operation:
        """Run a drill file's text, as `drill` does."""


class Operations(Protocol):
    """Those that run and the newest that ran."""

    def all(self) -> tuple[Operation, ...]:
        """Newest first."""

    def find(self, id: int) -> Operation | None: ...
    def log(self, id: int, after: int) -> tuple[LogLine, ...]:
        """Its lines but for the first `after`."""

    def stop(self, id: int) -> bool:
        """Ask it to end early; False where it has ended or can't be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything together, as the server is given it. `read_only`: whatever would change something is refused."""

    loop: Backend
    changes: Changes
    containers: Containers
    faults: Faults
    commands: Commands
    operations: Operations
    read_only: bool = False
