"""What the instances say of themselves and what probes found, as values with instants of attended time (seconds).

Before: engine.heartbeats and engine.probes, which record. After: plan.verdicts, which judges.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last heartbeat of one instance: when it came, and the load it carried (1-minute load, memory in bytes)."""

    at: float
    load: float = 0.0
    memory_bytes: int = 0
    uptime_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """What probing one instance has found: the last success and the failures in a row since."""

    last_success_at: float | None
    failures: int
    problem: str = ""
