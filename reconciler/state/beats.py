"""What the instances say of themselves and what probes found, as values with instants of attended time (seconds).

Before: engine.heartbeats and engine.probes, which record. After: plan.verdicts, which judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last heartbeat of one instance: when it came, and what it carried: 1-minute load and `cpu` in processors
    (None: it didn't say), memory in bytes, `metrics` of its own by name.
    """

    at: float
    load: float = 0.0
    memory_bytes: int = 0
    uptime_seconds: float = 0.0
    cpu: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """The engine's own figures of one container: `cpu` in processors in use lately, memory in bytes."""

    at: float
    cpu: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """What probing one instance has found: the last success and the failures in a row since."""

    last_success_at: float | None
    failures: int
    problem: str = ""
