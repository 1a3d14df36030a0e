"""What people read of a cluster: counts, instances, conditions. Values; `plan.report` computes them.

The shape of conditions is Kubernetes' (API conventions, "typical status properties").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from reconciler.errors import Problem
from reconciler.state.faults import FaultSeen
from reconciler.state.zones import ClosedZone

ConditionType = Literal["Ready", "Progressing", "Degraded", "Suspended", "Held", "Scaling", "NoTraffic"]
Kind = Literal["ClusterSpec", "TaskSpec"]


TASK_FAILED = "TaskFailed"
"""The reason of a task that only a person can bring further."""


class Verdict(StrEnum):
    """What is concluded of one instance: `dead` is replaced now, `suspect` after grace and within a budget,
    `unknown` not at all. `starting` has not been ready yet. A run of a task is starting while it lasts, then ready
    (it exited 0) or dead.
    """

    READY = "ready"
    STARTING = "starting"
    SUSPECT = "suspect"
    DEAD = "dead"
    UNKNOWN = "unknown"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`last_transition_time` is Unix seconds; the loop fills it in when the status changed."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    observed_generation: int = 0
    last_transition_time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStatus:
    """One instance for people: `name` is `webapp1`, `container` `dev-webapp-1`.

    `phase` is the engine's word, or `pending`. `serving`: the cluster's name leads to it. `cpu` is in processors;
    `metrics` are the figures of its main process. `registry` is what Eureka says of it, empty where it says nothing.
    `since`: it is up since then, in whole Unix seconds, as near as we know; None where it isn't up.
    """

    name: str
    number: int
    zone: str
    container: str
    id: str
    phase: str
    verdict: Verdict
    heartbeat_age: float | None
    revision: str
    address: str | None
    attempt: int = 1
    load: float | None = None
    memory_bytes: int | None = None
    exit_code: int | None = None
    task: bool = False
    serving: bool = False
    cpu: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    registry: str = ""
    since: float | None = None


class Phase(StrEnum):
    """How far a rollout is: `complete` is as the file says; `judging`: a whole new group stands without traffic until a
    person promotes it; `failed` stands still for want of a way back.
    """

    COMPLETE = "complete"
    PROGRESSING = "progressing"
    CANARY = "canary"
    JUDGING = "judging"
    SWITCHED = "switched"
    PAUSED = "paused"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutStatus:
    """The latest rollout of a cluster: to `revision`, from `former` (empty: from nothing).

    `updated` of `wanted` instances are of the revision, `available` of them have been ready for long enough. `message`
    says what it waits for or why it failed. `awaits_promotion`: a person has to end the canary stage, or to
    give the new group the traffic.
    """

    phase: Phase
    strategy: str
    revision: str
    former: str = ""
    updated: int = 0
    available: int = 0
    wanted: int = 0
    message: str = ""
    awaits_promotion: bool = False

    @property
    def promotable(self) -> bool:
        """A person can let it go on: canaries stand, or are coming, or a whole group waits for its judgment."""
        return self.phase in (Phase.CANARY, Phase.JUDGING)

    @property
    def failure(self) -> str:
        """Which revision has failed, and why; only of a phase that says that it has."""
        return f"{self.revision} failed: {self.message}" if self.message else f"{self.revision} failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleStatus:
    """What autoscaling keeps: `size` of `min` to `max`, because of `reason`. `value` is the metric's mean, None where
    nobody tells it; `hold` says why the size is left alone, empty where it isn't.
    """

    size: int
    min: int
    max: int
    metric: str
    target: float
    value: float | None = None
    reason: str = ""
    hold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """`doing` says what is being done or waited for now, and why, newest first. `kind` is what its file describes;
    `chaos`: its file allows faults on purpose; `traffic`: its file lets names and registries lead to it.
    """

    name: str
    desired: int
    current: int
    updated: int
    ready: int
    available: int
    revision: str
    zones: tuple[str, ...]
    generation: int
    conditions: tuple[Condition, ...]
    instances: tuple[InstanceStatus, ...]
    problems: tuple[Problem, ...] = ()
    doing: tuple[str, ...] = ()
    image: str = ""
    dns: str = ""
    kind: Kind = "ClusterSpec"
    chaos: bool = False
    rollout: RolloutStatus | None = None
    scale: ScaleStatus | None = None
    traffic: bool = True

    @property
    def all_ready(self) -> bool:
        """Every desired instance is ready and of the wanted revision, none is left over."""
        return any(c.type == "Ready" and c.status == "True" for c in self.conditions)

    @property
    def failed(self) -> str:
        """Why a task has failed for good, so that waiting for it is in vain; empty where that isn't so."""
        reasons = (c.message for c in self.conditions if c.status == "True" and c.reason == TASK_FAILED)
        return next(reasons, "")

    @property
    def rolled_back(self) -> str:
        """Which revision has failed, why, and what runs again instead; empty where that isn't so."""
        if self.rollout is None or self.rollout.phase is not Phase.ROLLED_BACK:
            return ""
        again = f"; {self.rollout.former} runs again" if self.rollout.former else ""
        return f"{self.rollout.failure}{again}"

    @property
    def awaits_person(self) -> str:
        """What only a person can lead on, and how; empty where the rollout goes on by itself or is over."""
        rollout = self.rollout
        if rollout is None:
            return ""
        if rollout.phase is Phase.PAUSED:
            how_far = f"{rollout.updated} of {rollout.wanted} updated"
            return f"{rollout.revision} is paused, {how_far}; `reconciler rollout resume {self.name}` goes on"
        if rollout.phase is Phase.CANARY and rollout.awaits_promotion:
            ways = f"`reconciler rollout promote {self.name}` goes on, `reconciler rollout undo {self.name}` goes back"
            return f"the canary of {rollout.revision} awaits its promotion: {ways}"
        if rollout.phase is Phase.JUDGING:
            give = f"`reconciler rollout promote {self.name}` gives it the traffic"
            back = f"`reconciler rollout undo {self.name}` goes back"
            return f"the group of {rollout.revision} stands without traffic and awaits a judgment: {give}, {back}"
        if rollout.phase is Phase.FAILED:
            return f"{rollout.failure}; it doesn't go back by itself: change the file"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldStatus:
    """A whole environment.

    `held` are sentences about what guards stopped, `problems` those of files with no cluster. `faults` are those made
    on purpose.
    """

    environment: str
    domain: str
    clusters: tuple[ClusterStatus, ...] = ()
    held: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    foreign: tuple[str, ...] = ()
    engine_problem: str = ""
    channel_problem: str = ""
    names_problem: str = ""
    faults: tuple[FaultSeen, ...] = ()
    closed_zones: tuple[ClosedZone, ...] = ()
    loop_running: bool = False
    loop_pid: int | None = None
    specs: str = ""
