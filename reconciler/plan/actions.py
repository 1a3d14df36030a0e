"""The actions a plan is made of: each one change of the world, each with its cause.

Before: reconcile makes them. After: engine.executor carries them out; the command line prints them.
An action never waits for readiness: the next pass sees what became of it.
"""

from dataclasses import dataclass
from typing import ClassVar

from reconciler.spec.cluster import ClusterSpec, Pull
from reconciler.state.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage:
    """Fetch `image` from its registry."""

    kind: ClassVar[str] = "pull"
    cluster: str
    image: str
    policy: Pull
    cause: str

    @property
    def subject(self) -> str:
        """What it is about, for people."""
        return self.image


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateInstance:
    """Make and start one container from `source` (an image's reference or id); `replaces` is the id of a finished or
    lost one to remove first (same number).
    """

    kind: ClassVar[str] = "create"
    cluster: str
    number: int
    zone: str
    revision: str
    spec_hash: str
    image_id: str
    attempt: int
    spec: ClusterSpec
    source: str
    has_agent: bool
    cause: str
    replaces: str | None = None

    @property
    def subject(self) -> str:
        """What it is about, for people."""
        return f"{self.cluster}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnInstance:
    """What the actions on an existing container share: whose it is, which one, and why."""

    kind: ClassVar[str]
    cluster: str
    number: int
    id: str
    cause: str

    @property
    def subject(self) -> str:
        """What it is about, for people."""
        return f"{self.cluster}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishName(OnInstance):
    """Make the instance's names answer as `record` says (a new one, or a changed one)."""

    kind: ClassVar[str] = "publish"
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawName(OnInstance):
    """Make the instance's names answer no more."""

    kind: ClassVar[str] = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutInService(OnInstance):
    """Let the registry `place` lead traffic to its `entry` again (Asgard's word for it is activate)."""

    kind: ClassVar[str] = "activate"
    place: str
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOutOfService(OnInstance):
    """Have the registry `place` lead no more traffic to its `entry`, whatever the instance says of itself."""

    kind: ClassVar[str] = "deactivate"
    place: str
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateInstance(OnInstance):
    """Send SIGTERM and return at once."""

    kind: ClassVar[str] = "terminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class KillInstance(OnInstance):
    """Send SIGKILL and return at once."""

    kind: ClassVar[str] = "kill"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveInstance(OnInstance):
    """Remove the container, by id, whatever its state; volumes with names stay."""

    kind: ClassVar[str] = "remove"


Action = (
    PullImage
    | CreateInstance
    | PublishName
    | WithdrawName
    | PutInService
    | PutOutOfService
    | TerminateInstance
    | KillInstance
    | RemoveInstance
)
