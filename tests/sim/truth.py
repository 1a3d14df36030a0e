"""The world as it truly is: containers, names, images, who can be heard. It takes actions one by one and knows no loop.

Time stands still unless `tick` is called. Before: the planner's actions. After: model, which sees only a part of it.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from math import inf

from reconciler.plan.actions import CreateInstance
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Foreign, Instance
from reconciler.state.records import Record
from tests.sim.registry import Registry


@dataclass(slots=True)
class Box:
    """One container: `made_at` is when it started, `beats` whether it works, `ended` that it was told to end,
    `gone_at` when somebody's removal of it is through.
    """

    instance: Instance
    made_at: float
    beats: bool = True
    ended: bool = False
    gone_at: float = inf


@dataclass(slots=True)
class Truth:
    """`deaf` are the zones from which nothing reaches us until `hear_at`, but for the first `words_seconds` of a life,
    and for those that are heard `early`. What is made from the `broken` (hashes of specs) or the `broken_images` (ids)
    never gets ready. `jobs` is what each instance tells of its load.
    """

    now: float = 1000.0
    boxes: dict[str, Box] = field(default_factory=dict)
    names: dict[str, Record] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    deaf: frozenset[str] = frozenset()
    words_seconds: float = 0.0
    early: frozenset[str] = frozenset()
    hear_at: float = inf
    broken: frozenset[str] = frozenset()
    broken_images: frozenset[str] = frozenset()
    boot_seconds: float = 0.5
    jobs: float = 0.0
    registry: Registry = field(default_factory=Registry)
    beats: dict[str, Beat] = field(default_factory=dict)
    _serial: int = 0

    def die(self, key: str, exit_code: int = 137) -> None:
        """A container's process ends by itself."""
        box = self.boxes[key]
        if box.instance.alive:
            box.instance = replace(box.instance, state=EngineState.EXITED, exit_code=exit_code)

    def vanish(self, key: str) -> None:
        """Somebody else removes a container."""
        self.boxes.pop(key, None)

    def remove(self, key: str, seconds: float) -> None:
        """Somebody else removes a container, for which the engine takes this long."""
        box = self.boxes[key]
        if box.gone_at == inf:
            box.instance = replace(box.instance, state=EngineState.REMOVING, address=None)
            box.gone_at = self.now + seconds

    def tick(self, seconds: float) -> None:
        """Time goes by: whoever lives, can beat and is heard, beats at the end of it."""
        self.now += seconds
        if self.now >= self.hear_at:
            self.hear_all()
        self.boxes = {key: box for key, box in self.boxes.items() if box.gone_at > self.now}
        for key, box in self.boxes.items():
            if not box.instance.alive:
                continue
            if box.ended:
                box.instance = replace(box.instance, state=EngineState.EXITED, exit_code=0)
            elif self.reaches_us(box) and self.works(box):
                self.beats[key] = Beat(at=self.now, metrics={"jobs": self.jobs})

    def hear_all(self) -> None:
        """Nothing is between them and us any more."""
        self.deaf = self.early = frozenset()
        self.words_seconds, self.hear_at = 0.0, inf

    def reaches_us(self, box: Box) -> bool:
        """Whether what it says comes through."""
        young = self.now - box.made_at <= self.words_seconds
        return box.instance.zone not in self.deaf or young or box.instance.id in self.early

    def works(self, box: Box) -> bool:
        """Whether it truly does its work: running, not told to end, able to beat, booted."""
        return (
            box.instance.state is EngineState.RUNNING
            and not box.ended
            and box.beats
            and box.instance.spec_hash not in self.broken
            and box.instance.image_id not in self.broken_images
            and self.now - box.made_at >= self.boot_seconds
        )

    def create(self, action: CreateInstance, *, half: bool = False) -> None:
        """The former one is removed, another one made and, unless `half`, started."""
        if action.replaces is not None:
            self.boxes.pop(action.replaces, None)
        name = f"dev-{action.cluster}-{action.number}"
        if name in {stranger.container for stranger in self.foreign}:
            return
        if any(box.instance.container == name for box in self.boxes.values()):
            return  # the engine refuses a second one of this name
        self._serial += 1
        instance = Instance(
            id=f"c{self._serial:04d}", container=name, cluster=action.cluster, number=action.number,
            zone=action.zone, revision=action.revision, spec_hash=action.spec_hash, attempt=action.attempt,
            token_sha256="", image_id=action.image_id, has_agent=action.has_agent,
            state=EngineState.CREATED if half else EngineState.RUNNING,
            address=None if half else f"10.0.0.{self._serial}",
        )  # fmt: skip
        self.boxes[instance.id] = Box(instance, self.now)

    def end(self, key: str) -> None:
        """A signal reaches it: it is gone at the next tick."""
        if key in self.boxes:
            self.boxes[key].ended = True

    def alive(self, name: str) -> list[Box]:
        """The containers of a cluster that run."""
        return [b for b in self.boxes.values() if b.instance.cluster == name and b.instance.alive]

    def serving(self, name: str) -> int:
        """How many of a cluster truly do their work."""
        return sum(1 for box in self.alive(name) if self.works(box))

    def zones(self, name: str) -> Counter[str]:
        """How many run in each zone."""
        return Counter(box.instance.zone for box in self.alive(name))
