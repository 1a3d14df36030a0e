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
