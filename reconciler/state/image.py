"""What the engine has under an image reference."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """`id` is the engine's sha256 id; `has_agent`: it carries the heartbeat agent (label `io.reconciler.agent`)."""

    id: str
    has_agent: bool = False
