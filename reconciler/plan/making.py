"""What is created in one pass: for each group what it lacks, as far as there is room for it in the whole cluster.

Before: sharing, thinning. After: filling, which chooses numbers and zones.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.plan.actions import RemoveInstance
from reconciler.plan.buckets import Buckets
from reconciler.plan.channel import is_canary
from reconciler.plan.draft import Draft
from reconciler.plan.filling import Filler
from reconciler.plan.groups import Stage
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Wait
from reconciler.plan.sharing import Share, missing
from reconciler.plan.sourcing import gate, source_image
from reconciler.plan.status import Verdict
from reconciler.plan.thinning import surge
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Canary, Observed


@dataclass(slots=True, kw_only=True)
class Making:
    """What every creation of one pass has to know. `blind`: whether it is unclear who runs."""

    spec: ClusterSpec
    wanted: Wanted
    stage: Stage
    buckets: Buckets
    shares: Sequence[Share]
    surplus: dict[str, str]
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits
    draft: Draft
    canary: Canary | None
    blind: bool

    def images(self, ready_clusters: Collection[str]) -> list[Image | None]:
        """For each group the image to create from, where something is to be created; the draft knows why there is
        none.
        """
        least = [1 if self.canary else 0] + [0] * (len(self.shares) - 1)
        lacking = [max(missing(s, self.buckets, self.surplus), n) for s, n in zip(self.shares, least, strict=True)]
        wait = gate(self.spec, self.wanted, ready_clusters, cold=self.buckets.empty)
        if wait is not None:
            if max(lacking) > 0 or self.wanted.missing_files:
                self.draft.waits.append(wait)
            return [None for _ in lacking]
        return [
            source_image(share.group.wanted, self.observed, self.draft, self.now, self.limits) if count > 0 else None
            for share, count in zip(self.shares, lacking, strict=True)
        ]

    def make(self, images: Sequence[Image | None]) -> None:
        """Create what is missing, the group first that has had the traffic longest.

        A lost one still runs: its own successor may be made in its place, but nobody else's, so the other groups have
        no room for theirs.
        """
        taken: set[int] = set()
        lost = [len(self._lost(share)) for share in self.shares]
        room = self._room() - sum(lost)
        for share, image, own in reversed(list(zip(self.shares, images, lost, strict=True))):
            if image is not None:
                room = min(room, self._make(share, image, room + own, taken))

    def _make(self, share: Share, image: Image, room: int, taken: set[int]) -> int:
        """Create what a group lacks, as far as there is room; a lost one without room for its successor just ends.

        Returns the room that is left.
        """
        canary = self.canary if share is self.shares[0] else None
        asked = None if canary is None or self._stands(canary) else canary
        # The one question that can end blindness is asked, and asked again, even where there is no room.
        first = 1 if asked or any(is_canary(i, canary) for i in share.former) else 0
        room -= first
        surplus = self.surplus
        lost = [i for i in self._lost(share) if not is_canary(i, canary)]
        crowded = lost[max(0, room) :]
        self.draft.add(removals(crowded, "no room for a successor", self.judgements))
        if crowded:
            room = 0  # until they are gone
        gap = max(0, min(missing(share, self.buckets, surplus) - first, room)) + first
        if gap > 0:
            self._fill(share, gap, image, asked, taken)
        return room - (gap - first)

    def _room(self) -> int:
        """How many may be made: size + surge run in all; no more than size, and the canary, while it is unclear
        who runs. A lost one isn't counted, because of its successor.

        An ended container that isn't removed yet still holds its number, so it counts; one whose removal
        takes long counts only where a number must not be left behind (in place).
        """
        in_place, buckets = self.spec.rollout.in_place, self.buckets
        going = sum(1 for i in buckets.going if in_place or i.state is not EngineState.REMOVING)
        lost = sum(1 for i in buckets.lost if i.id in self.surplus)
        running = len(buckets.sound) + len(buckets.pending) + going + lost
        extra = 0 if self.blind else surge(self.spec)
        most = max(sum(share.group.size for share in self.shares), self.spec.size + extra + (1 if self.canary else 0))
        return most - running

    def _lost(self, share: Share) -> list[Instance]:
        return [i for i in share.former if i in self.buckets.lost and i.id not in self.surplus]

    def _stands(self, canary: Canary) -> bool:
        held = any(i.number == canary.number for i in self.observed.instances.get(self.spec.name, ()))
        return held or any(flight.number == canary.number for flight in self.buckets.pending)

    def _fill(self, share: Share, gap: int, image: Image, canary: Canary | None, taken: set[int]) -> None:
        if self.spec.start == "ordered" and canary is None:
            gap = self._one_at_a_time(share, gap)
        filler = Filler(
            group=share.group, share=share, image=image, buckets=self.buckets, observed=self.observed,
            judgements=self.judgements, now=self.now, limits=self.limits, taken=taken, canary=canary,
        )  # fmt: skip
        filling = filler.fill(gap, self.surplus, self._cause())
        self.draft.add(filling.actions)
        self.draft.waits += filling.waits
        self.draft.wake_at += filling.wake_at

    def _cause(self) -> str:
        if self.buckets.outdated:
            return next(iter(self.buckets.outdated.values()))
        there = len(self.buckets.sound) + len(self.buckets.pending)
        return f"size {self.spec.size}: {there} there"

    def _one_at_a_time(self, share: Share, gap: int) -> int:
        """`start: ordered`: whoever was there before comes back at once, a new number when all before it are ready."""
        former = sum(1 for i in share.former if i.id not in self.surplus)
        ready = all(self.judgements[i.id].verdict in (Verdict.READY, Verdict.UNKNOWN) for i in self.buckets.sound)
        fresh = 1 if ready and not self.buckets.pending and not former else 0
        if fresh == 0 and gap > former:
            self.draft.waits.append(Wait(reason="OrderedStart", message="the next number waits for those before it"))
        return min(gap, former + fresh)


def removals(instances: Iterable[Instance], why: str, judgements: Mapping[str, Judgement]) -> Iterable[RemoveInstance]:
    """Remove these, whatever their state."""
    return (
        RemoveInstance(cluster=i.cluster, number=i.number, id=i.id, cause=f"{why}, {judgements[i.id].cause}")
        for i in instances
    )
