"""One container of a cluster, as the engine lists it, with what the loop remembers of it.

Before: engine (listing). After: observed, plan. Values only; ages are seconds of attended time (see `loop.clock`).
"""

from dataclasses import dataclass
from enum import StrEnum


class EngineState(StrEnum):
    """The engine's own word for a container (Docker Engine API 1.41, `State` of `/containers/json`)."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


ALIVE = frozenset({EngineState.RUNNING, EngineState.PAUSED, EngineState.RESTARTING})


class ImageHealth(StrEnum):
    """What the image's own HEALTHCHECK says."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A container that is ours. `short_name` is `webapp1`, `container` is `dev-webapp-1`, `id` the engine's full id.

    `address` is its IPv4 address on the environment's network, None while it has none.
    `exit_code` is None unless the engine says it exited. `task`: it is a run of a TaskSpec, or the record of one.
    """

    id: str
    container: str
    cluster: str
    number: int
    zone: str
    revision: str
    spec_hash: str
    attempt: int
    token_sha256: str
    image_id: str
    state: EngineState
    exit_code: int | None = None
    health: ImageHealth = ImageHealth.NONE
    address: str | None = None
    has_agent: bool = False
    task: bool = False

    @property
    def alive(self) -> bool:
        """The engine says that its process is there, frozen or not."""
        return self.state in ALIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A container that carries labels of ours but isn't what they say: reported, never touched."""

    id: str
    container: str
    reason: str
