"""What the operator allows specs to ask for: options of the command line, not of the files.

Before: cli. After: parse. Nothing a spec says can widen it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`allow_paths`: absolute host directories that volumes may come from. `require_digest`: images must be
    pinned.
    """

    allow_paths: tuple[str, ...] = ()
    require_digest: bool = False
