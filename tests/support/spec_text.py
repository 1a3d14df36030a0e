"""Spec files for end-to-end tests: small, quick to stop, quick to be available.

Before: nothing. After: LoopProcess.save. `size` comes last, so that a file cut off anywhere is no spec.
"""

SLIM = "debian:bookworm-slim"
BASE = "reconciler/base:latest"


def spec(
    size: int,
    *more: str,
    image: str = SLIM,
    command: str = "[sleep, infinity]",
    rollout: str = "bake: 0s",
    stop: str = "grace: 1s, drain: 0s",
) -> str:
    """A spec's text; `more` are further lines."""
    lines = [
        f"image: {image}",
        f"command: {command}",
        f"rollout: {{{rollout}}}",
        f"stop: {{{stop}}}",
        *more,
        f"size: {size}",
    ]
    return "\n".join(lines) + "\n"
