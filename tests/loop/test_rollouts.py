"""Rollouts of a loop that may die at any boundary: none is tried again that has failed, and nobody is lost for it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.engine.kept_rollouts import read_rollouts
from reconciler.loop import offline
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from tests.loop.turning import BASE, Life, Turning, Wire

OLD_ID, NEW_ID, BAD_ID = "sha256:b", "sha256:n", "sha256:x"
NEW, BAD, TAG = "new:1", "bad:1", "web:latest"
SIZE = 2


def spec(image: str = BASE, rollout: str = "", *, size: int = SIZE) -> str:
    return (
        f"image: {image}\nsize: {size}\nzones: [a, b]\nhealth: {{start: 10s}}\nstop: {{grace: 1s, drain: 0s}}\n"
        f"rollout: {{bake: 0s{rollout}}}\n"
    )


RED_BLACK = ", strategy: red-black, red-black: {keep: 5s}"
CANARY = ", strategy: canary, canary: {size: 1, after: 5s}"


@dataclass(frozen=True)
class Push:
    """A change of the file's image, and at most how many run meanwhile. `lost` of the old ones are gone at the end."""

    image: str
    rollout: str = ""
    most: int = SIZE + 1
    lost: int = SIZE


PUSHES = {
    "rolling, broken": Push(BAD, lost=0),
    "canary": Push(NEW, CANARY),
    "canary, broken": Push(BAD, CANARY, lost=0),
    "red-black": Push(NEW, RED_BLACK, most=2 * SIZE),
    "red-black, broken": Push(BAD, RED_BLACK, most=2 * SIZE, lost=0),
}


class World(Turning):
    """An environment that counts how many run that aren't broken, and what was made of the broken image."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.engine.add_image(NEW, Image(id=NEW_ID, has_agent=True))
        self.engine.add_image(BAD, Image(id=BAD_ID, has_agent=True))
        self.broken = {BAD_ID}
        self.fewest = 1000
        self.note = ""
        self.engine.watchers.append(self._count)

    def _count(self, _: object) -> None:
        running = [box for box in self.engine.boxes.values() if box.state is EngineState.RUNNING]
        self.fewest = min(self.fewest, sum(1 for box in running if box.image.id != BAD_ID))

    def made(self) -> int:
        """How often the broken image was made into a container."""
        return sum(1 for name, arguments in self.engine.calls if name == "create" and BAD in str(arguments))

    def picture(self) -> str:
        return f"{super().picture()}\n{self.loop._memory.rollouts}"

    def shape(self) -> Counter[tuple[str, bool]]:
        """What runs, and whether names lead to it."""
        names = self.names.published()
        return Counter((box.image.id, box.id in names and names[box.id].ready) for box in self.ours())


@contextmanager
def pushed(root: Path, push: Push, life: Life | None = None) -> Iterator[World]:
    """All old, settled; and the file has just been changed, in a process that may die."""
    world = World(root)
    try:
        world.start()
        world.save("web", spec(rollout=push.rollout))
        world.settle()
        world.first, world.fewest = set(world.engine.boxes), 1000
        world.restart(life)
        world.save("web", spec(push.image, push.rollout))
        yield world
    finally:
        world.end()


def check(world: World, push: Push) -> None:
    expected = NEW_ID if push.image == NEW else OLD_ID
    assert world.shape() == {(expected, True): SIZE}, world.picture()
    assert len(world.lost()) == push.lost
    assert world.fewest >= SIZE
    assert world.most_running["web"] <= push.most, world.note
    assert bool(world.cluster("web").rolled_back) == (push.image == BAD)


@pytest.mark.parametrize("name", PUSHES)
def test_a_push_ends_the_same_wherever_the_loop_is_killed(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    push, faultless = PUSHES[name], Life()
    with pushed(tmp_path_factory.mktemp("run"), push, faultless) as world:
        world.settle()
        check(world, push)
    assert faultless.seen
    for boundary, times in sorted(faultless.seen.items()):
        for turn in range(1, times + 1):
            with pushed(tmp_path_factory.mktemp("run"), push, Life(boundary, turn)) as world:
                world.settle()
                assert world.life.dead
                made, failed = world.made(), kept_failure(world)
                world.restart()
                world.settle()
                world.note = f"{boundary} {turn}"
                check(world, push)
                assert not failed or world.made() == made, "what had failed was tried again"


def kept_failure(world: World) -> str:
    """What the disk says of the rollout, as the next process will read it."""
    world.end()
    world.start()
    kept = read_rollouts(world.store.notes()).get("web")
    return kept.state.failed if kept is not None else ""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.end()


def push(world: World, image: str) -> None:
    world.save("web", spec(image))
    world.settle()


def test_what_has_failed_is_not_tried_again_by_a_restart_a_resize_or_a_comment(world: World) -> None:
    push(world, BASE)
    push(world, BAD)
    made = world.made()
    for text in (spec(BAD), spec(BAD, size=3), f"# why\n{spec(BAD, size=3)}"):
        world.restart()
        world.save("web", text)
        world.settle()
    assert world.made() == made
    assert world.shape() == {(OLD_ID, True): 3}
    push(world, NEW)
    assert world.shape() == {(NEW_ID, True): SIZE}


def test_an_image_that_lost_its_tag_is_made_again_by_its_id(world: World) -> None:
    world.engine.add_image(TAG, Image(id=OLD_ID, has_agent=True))
    push(world, TAG)
    world.engine.add_image(TAG, Image(id=BAD_ID, has_agent=True))
    world.settle()
    assert world.shape() == {(OLD_ID, True): SIZE}
    assert [kept.why != "" for kept in world.loop.revisions("web")] == [True, False]
    world.restart()
    world.engine.crash(world.ours()[0].id)
    world.settle()
    assert world.shape() == {(OLD_ID, True): SIZE}, "a dead old one is replaced by the same"


def test_a_rollout_gets_no_older_while_the_engine_is_away(world: World) -> None:
    push(world, BASE)
    world.save("web", spec(BAD))
    world.run_for(5.0)
    world.engine.go_away()
    world.run_for(60.0)
    world.engine.come_back()
    world.run_for(3.0)
    assert world.loop._memory.rollouts["web"].failed == ""
    world.settle()
    assert world.cluster("web").rolled_back


@pytest.mark.parametrize("image", [NEW, BAD])
def test_where_the_store_was_lost_a_push_goes_on_but_nothing_can_go_back(world: World, image: str) -> None:
    """What runs stays; that there is no way back is said, and the file's version is tried again and again."""
    push(world, BASE)
    before = world.ids()
    world.end()
    for file in world.state.iterdir():
        file.unlink()
    world.save("web", spec(image))
    world.start()
    world.run_for(60.0)
    if image == NEW:
        assert world.shape() == {(NEW_ID, True): SIZE}
        return
    assert "v001 failed" in world.cluster("web").awaits_person
    assert before.items() <= world.ids().items()
    degraded = [c for c in world.cluster("web").conditions if c.type == "Degraded"]
    assert [(c.status, c.reason) for c in degraded] == [("True", "RolloutFailed")]
    assert "what ran before isn't remembered" in degraded[0].message
    push(world, NEW)
    assert world.shape() == {(NEW_ID, True): SIZE}


def test_the_steps_are_told_once_though_the_loop_is_restarted(world: World) -> None:
    push(world, BASE)
    push(world, BAD)
    world.restart()
    world.settle()
    push(world, NEW)
    world.restart()
    world.settle()
    told = [event.cause.split(":")[0] for event in world.store.events(limit=1000) if event.kind == "rollout"]
    assert told == ["begun", "v001", "rolled back", "begun", "done"]
    assert [(kept.revision, kept.good, bool(kept.why)) for kept in world.loop.revisions("web")] == [
        ("v002", True, False), ("v001", False, True), ("v000", True, False),
    ]  # fmt: skip


class Connection(Wire):
    """One to the fake engine: its end isn't the engine's."""

    def close(self) -> None:
        return None


def test_without_a_loop_no_plan_goes_forward_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push(world, BASE)
    push(world, BAD)
    world.end()
    monkeypatch.setattr(offline, "connect", lambda _: Connection(world.engine, Life()))
    (plan,) = offline.offline_plan(world.settings, None)
    assert (plan.actions, [wait.reason for wait in plan.waits]) == ((), ["RolledBack"])
    (plan,) = offline.offline_plan(world.settings, {"web.yaml": spec(NEW).encode()})
    assert [action.kind for action in plan.actions] == ["create"]
    (row,) = offline.offline_status(world.settings).clusters
    assert row.rolled_back.startswith("v001 failed")
    world.save("web", spec(BASE))
    (row,) = offline.offline_status(world.settings).clusters
    assert row.rollout is not None, row
    assert (row.rollout.revision, row.rolled_back, [c.type for c in row.conditions if c.reason == "RolledBack"]) == (
        "v000", "", [],
    )  # fmt: skip


def test_a_loop_that_is_killed_in_the_middle_gives_the_new_version_one_more_deadline(world: World) -> None:
    """Those that never spoke to the loop before may take as long as if they had just started, before they are late."""
    world.save("web", spec(rollout=RED_BLACK, size=4))
    world.settle()
    before = world.ids()
    world.save("web", spec(BAD, RED_BLACK, size=4))
    world.run_for(8.0)
    world.restart()
    world.run_for(10.0 + 10.0 + 5.0)
    assert world.cluster("web").rolled_back, world.picture()
    assert world.ids() == before
    assert world.most_running["web"] == 8
