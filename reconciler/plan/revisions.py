"""Numbering what is baked into containers: v000, v001 … v999, v000 (Asgard's way of naming groups)."""

from collections.abc import Iterable

from reconciler.state.instance import Instance
from reconciler.state.observed import InFlight
from reconciler.state.revisions import Version

FIRST = "v000"


def following(revision: str) -> str:
    """The revision after this one; v999 is followed by v000."""
    digits = revision.removeprefix("v")
    if not digits.isdecimal():
        return FIRST
    return f"v{(int(digits) + 1) % 1000:03d}"


def revision_for(
    spec_hash: str,
    image_id: str,
    instances: Iterable[Instance],
    pending: Iterable[InFlight],
    history: Iterable[Version] = (),
) -> str:
    """The revision of this hash and image: the one that carries it already, else one more than the newest."""
    known = [(i.revision, i.spec_hash, i.image_id) for i in instances]
    known += [(f.revision or FIRST, f.spec_hash or "", f.image_id or "") for f in pending]
    known += [(v.revision, v.spec_hash, v.image_id) for v in history]
    for revision, known_hash, known_image in known:
        if (known_hash, known_image) == (spec_hash, image_id):
            return revision
    if not known:
        return FIRST
    return following(_newest(revision for revision, _, _ in known))


def _newest(revisions: Iterable[str]) -> str:
    """The highest label, unless the numbers have gone round (v999 and v000 side by side)."""
    labels = sorted(set(revisions))
    if labels[-1] >= "v900" and labels[0] < "v100":
        return max(label for label in labels if label < "v100")
    return labels[-1]
