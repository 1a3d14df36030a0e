"""The groups that a pass makes of one cluster: which versions, how many of each, and which of them have the traffic.

Before: stages, which says what is to be made now. After: sharing, reconcile and naming. Nearly always it is one group,
of the spec in force; two stand side by side in a canary stage, in a red-black rollout, and where one is paused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.plan.plan import Wait
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed

Serves = Callable[[Instance], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`size` instances made as `wanted` says. `serves`: names lead to them. `others`: whoever is of no other group is
    one of these, so that it is left as it is. `revision` is its label, empty where it has to be found.
    """

    wanted: Wanted
    size: int
    serves: bool = True
    others: bool = False
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All groups of a cluster, the one that is rolled to first. An instance of none of them is outdated, for `cause`
    (empty: the version says it). `waits` and `wake_at` are the rollout's own. `moved`: the traffic of those of no group
    has moved, for good. `reserved`: they get none that they haven't.
    """

    groups: tuple[Group, ...]
    cause: str = ""
    waits: tuple[Wait, ...] = ()
    wake_at: tuple[float, ...] = ()
    moved: bool = False
    reserved: bool = False

    @property
    def single(self) -> bool:
        """One group, as nearly always."""
        return len(self.groups) == 1

    @property
    def all_serve(self) -> bool:
        """Names lead to whoever is ready."""
        return not self.moved and not self.reserved and all(group.serves for group in self.groups)

    def index_of(self, spec_hash: str, image_id: str, observed: Observed) -> int | None:
        """The group of this hash and image, None for none."""
        for index, group in enumerate(self.groups):
            if is_of(group.wanted, spec_hash, image_id, observed):
                return index
        return next((index for index, group in enumerate(self.groups) if group.others), None)

    def serves(self, instance: Instance, observed: Observed) -> bool:
        """Whether names may lead to it; where some don't serve, one of no group keeps what it has."""
        if self.all_serve:
            return True
        index = self.index_of(instance.spec_hash, instance.image_id, observed)
        if index is not None or self.moved:
            return index is not None and self.groups[index].serves
        record = observed.names.get(instance.id)
        return record.ready if record is not None else not self.reserved


def image_for(wanted: Wanted, observed: Observed) -> Image | None:
    """The image that instances are to be made from, None where the engine doesn't have it."""
    image = observed.images.get(wanted.source)
    if image is not None or wanted.pinned is None or wanted.spec is None:
        return image
    tagged = observed.images.get(wanted.spec.image)
    return tagged if tagged is not None and tagged.id == wanted.pinned else None


def is_of(wanted: Wanted, spec_hash: str, image_id: str, observed: Observed) -> bool:
    """Whether a container of this hash and image is what is wanted; an image that isn't known makes no difference."""
    if spec_hash != wanted.spec_hash:
        return False
    if wanted.pinned is not None:
        return image_id == wanted.pinned
    image = observed.images.get(wanted.source)
    return image is None or image.id == image_id


def everybody(_: Instance) -> bool:
    """Without a rollout: names lead to whoever is ready."""
    return True
