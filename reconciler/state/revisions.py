"""What a revision is: the label of one hash of what is baked into a container, made from one image.

Before: containers' labels, the store. After: plan.revisions, which numbers them. Values only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """`revision` is `v000`; it is kept after the last of its containers has gone, so that numbering goes on."""

    revision: str
    spec_hash: str
    image_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRevision:
    """One version of a cluster as the store remembers it, so that going back to it is possible.

    `at` is when it was first wanted (Unix seconds). `text` is the spec file's text that it came from, as of when it
    was last in force (empty: not known any more), `file` that file's name, `image` the reference in it. `good`: it was
    once rolled out to the end. `why` says why its last rollout failed, empty where it didn't.
    """

    version: Version
    at: float = 0.0
    text: bytes = b""
    file: str = ""
    image: str = ""
    good: bool = False
    why: str = ""

    @property
    def revision(self) -> str:
        """Its label, as in `v003`."""
        return self.version.revision
