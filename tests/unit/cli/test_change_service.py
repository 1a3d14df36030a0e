"""Changes through the API: the file, the event, and an operation that ends when the loop has nothing left to do."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reconciler.api.operations import MOST_RUNNING, Operation, OperationRegister, OperationState
from reconciler.changes import wishes
from reconciler.changes.texts import Known
from reconciler.changes.workshop import Workshop
from reconciler.cli.services.changes import FileChanges
from reconciler.errors import Busy, FileChanged, SpecError
from reconciler.plan.plan import ROLLED_BACK, Plan, Wait
from reconciler.plan.status import Phase, RolloutStatus, WorldStatus
from reconciler.spec.policy import Policy
from tests.support.fake_backend import FakeBackend
from tests.support.waiting import eventually
from tests.unit.console import worlds

TEXT = "image: shop:1\nsize: 4  # weekdays\n"
DONE, FAILED, STOPPED = OperationState.DONE, OperationState.FAILED, OperationState.STOPPED


@dataclass(slots=True)
class Loop(FakeBackend):
    """A loop that is as far as the test says: what it has read, what it plans."""

    read: dict[str, bytes] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    specs: Path = field(default_factory=Path)
    named: tuple[str, ...] = ()

    def plan(self, files: Mapping[str, bytes] | None, named: Collection[str] = ()) -> tuple[Plan, ...]:
        self.named = tuple(named)
        return self.plans

    def in_force(self, cluster: str) -> bytes:
        return self.read.get(cluster, b"")

    def expect_delete(self, name: str) -> None:
        self.calls.append(("expect_delete", name, (self.specs / f"{name}.yaml").exists()))

    def note_change(self, cluster: str, file: str, cause: str) -> None:
        self.happens(cluster, "change", file, cause)


@dataclass(slots=True)
class Bench:
    """The service over a directory, with a loop that has read it and calls `web` ready."""

    specs: Path
    loop: Loop
    operations: OperationRegister
    changes: FileChanges

    @property
    def file(self) -> Path:
        return self.specs / "web.yaml"

    def waits(self, reason: str) -> None:
        self.loop.plans = (Plan(cluster="web", waits=(Wait(reason=reason, message="so"),)),)

    def takes_up(self, size: int = 4, **changes: object) -> None:
        """The loop has done all that the file says."""
        web = replace(worlds.cluster("web", size, conditions=(worlds.READY,)), **changes)  # type: ignore[arg-type]
        self.loop.state = replace(self.loop.state, clusters=(web,))
        self.loop.plans, self.loop.read = (Plan(cluster="web"),), {"web": self.file.read_bytes()}

    def ended(self, operation: Operation) -> Operation:
        found = self.operations.wait(operation.id, 10.0)
        assert found is not None
        assert found.ended_at is not None
        return found

    def said(self, operation: Operation) -> list[str]:
        return [line.text for line in self.operations.log(operation.id, 0)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    specs = tmp_path / "watched"
    specs.mkdir()
    (specs / "web.yaml").write_text(TEXT)
    loop = Loop(state=WorldStatus(environment="dev", domain="docker", loop_running=True), specs=specs)
    operations = OperationRegister()
    known = Known(revisions=loop.revisions, status=loop.status, now=lambda: 0.0)
    made = Bench(specs, loop, operations, FileChanges(Workshop(specs, Policy(), known), loop, operations))
    made.takes_up()
    yield made
    operations.close(5.0)


def test_a_change_is_followed_until_the_loop_has_nothing_left_to_do(bench: Bench) -> None:
    shown = bench.changes.propose(wishes.Resize(name="web", size=5))
    bench.waits("Scaling")
    begun = bench.changes.carry_out(wishes.Resize(name="web", size=5), shown.base, "console")
    assert (begun.kind, begun.says, begun.by, begun.clusters) == ("resize", "resize web to 5", "console", ("web",))
    assert begun.difference == shown.difference
    assert bench.file.read_text() == TEXT.replace("4", "5")
    assert ("rescan",) in bench.loop.calls
    bench.loop.happens("other", "create", "other-1", "size 0 -> 1")
    bench.loop.happens("web", "create", "web-5", "size 4 -> 5")
    eventually(lambda: "waits: the loop has not taken up the file as it is now" in bench.said(begun))
    bench.takes_up(5)
    ended = bench.ended(begun)
    assert ended.state is DONE
    assert ended.outcome.startswith("web: 5 of 5 ready (after ")
    said = bench.said(begun)
    assert said.count("change web.yaml: resize web to 5 (by console)") == 1
    assert said.count("create web-5: size 4 -> 5") == 1
    assert not any("other" in line for line in said)


def test_a_status_that_is_older_than_the_file_ends_nothing(bench: Bench) -> None:
    begun = bench.changes.carry_out(wishes.Suspend(name="web"), None, "api")
    eventually(lambda: bench.said(begun)[-1:] == ["waits: the loop has not taken up the file as it is now"])
    suspended = worlds.condition("Suspended", "True", "Suspended", "")
    bench.takes_up(4, conditions=(worlds.READY, suspended))
    assert bench.ended(begun).outcome.startswith("web: suspended, left alone (after ")


def test_what_goes_back_has_failed(bench: Bench) -> None:
    begun = bench.changes.carry_out(wishes.NextGroup(name="web", image="shop:2"), None, "api")
    back = RolloutStatus(phase=Phase.ROLLED_BACK, strategy="rolling", revision="v001", former="v000", message="no beat")
    bench.takes_up(4, rollout=back, conditions=(worlds.condition("Ready", "False", "RolledBack", "no"),))
    bench.waits(ROLLED_BACK)
    ended = bench.ended(begun)
    assert ended.state is FAILED
    assert ended.outcome.startswith("rolled back: web: v001 failed: no beat; v000 runs again")


def test_a_later_change_of_the_same_cluster_overtakes_the_earlier(bench: Bench) -> None:
    bench.waits("Scaling")
    first = bench.changes.carry_out(wishes.Resize(name="web", size=6), None, "console")
    second = bench.changes.carry_out(wishes.Resize(name="web", size=7), None, "api")
    assert bench.ended(first).outcome.startswith("overtaken by a later change: resize web to 7 (after ")
    bench.takes_up(7)
    assert bench.ended(second).outcome.startswith("web: 7 of 7 ready")


@pytest.mark.parametrize("text", [TEXT, None])
def test_an_edit_by_hand_overtakes_a_change_too(bench: Bench, text: str | None) -> None:
    bench.waits("Scaling")
    begun = bench.changes.carry_out(wishes.Resize(name="web", size=6), None, "console")
    if text is None:
        bench.file.unlink()
    else:
        bench.file.write_text(text)
    ended = bench.ended(begun)
    assert ended.state is DONE
    assert ended.outcome.startswith("overtaken by a later change: web.yaml was changed again since (after ")


def test_a_file_that_comes_back_by_hand_ends_its_deletion(bench: Bench) -> None:
    begun = bench.changes.carry_out(wishes.Delete(names=("web",)), None, "console")
    bench.file.write_text(TEXT)
    assert bench.ended(begun).outcome.startswith("overtaken by a later change: web.yaml was changed again since")


def test_what_settles_with_another_file_says_so(bench: Bench) -> None:
    bench.waits("Scaling")
    begun = bench.changes.carry_out(wishes.Apply(files={"web.yaml": "image: a\nsize: 6", "b.yaml": TEXT}), None, "api")
    bench.file.write_text("image: a\nsize: 3\n")
    web, other = (worlds.cluster(name, size, conditions=(worlds.READY,)) for name, size in (("web", 3), ("b", 4)))
    bench.loop.plans = (Plan(cluster="web"), Plan(cluster="b"))
    bench.loop.read = {"web": bench.file.read_bytes(), "b": TEXT.encode()}
    bench.loop.state = replace(bench.loop.state, clusters=(web, other))
    said = "overtaken by a later change: web.yaml was changed again since; web: 3 of 3 ready; b: 4 of 4 ready (after "
    assert bench.ended(begun).outcome.startswith(said)


def test_who_stops_following_stops_nothing_else(bench: Bench) -> None:
    bench.waits("Scaling")
    begun = bench.changes.carry_out(wishes.Resize(name="web", size=6), None, "console")
    assert bench.operations.stop(begun.id) is True
    ended = bench.ended(begun)
    assert (ended.state, ended.outcome.startswith("not followed any further")) == (STOPPED, True)
    assert "size: 6" in bench.file.read_text()


def test_what_never_settles_is_not_followed_for_ever(bench: Bench) -> None:
    bench.waits("Scaling")
    known = Known(revisions=bench.loop.revisions, status=bench.loop.status, now=lambda: 0.0)
    ticks = iter(range(0, 10_000, 60))
    changes = FileChanges(
        Workshop(bench.specs, Policy(), known), bench.loop, bench.operations, most_seconds=50.0,
        clock=lambda: float(next(ticks)),
    )  # fmt: skip
    ended = bench.ended(changes.carry_out(wishes.Resize(name="web", size=6), None, "api"))
    assert ended.state is FAILED
    assert ended.outcome.startswith("not settled after ")


def test_a_deletion_is_confirmed_before_the_file_goes_and_followed_until_it_is_gone(bench: Bench) -> None:
    assert bench.changes.propose(wishes.Delete(names=("web",))).edits[0].after is None
    assert bench.loop.named == ("web",), "planned as if it were confirmed"
    begun = bench.changes.carry_out(wishes.Delete(names=("web",)), bench.changes.spec("web").base, "console")
    assert ("expect_delete", "web", True) in bench.loop.calls
    assert not bench.file.exists()
    eventually(lambda: any(line.startswith("waits: web: still there") for line in bench.said(begun)))
    bench.loop.state = replace(bench.loop.state, clusters=())
    assert bench.ended(begun).outcome.startswith("web: gone (after ")


def test_what_is_refused_leaves_no_trace(bench: Bench) -> None:
    base = bench.changes.spec("web").base
    bench.file.write_text(TEXT.replace("4", "3"))
    with pytest.raises(FileChanged):
        bench.changes.propose(wishes.Resize(name="web", size=5), base)
    with pytest.raises(FileChanged):
        bench.changes.carry_out(wishes.Resize(name="web", size=5), base, "console")
    with pytest.raises(SpecError):
        bench.changes.carry_out(wishes.Resize(name="web", size=-5), None, "console")
    assert (bench.operations.all(), bench.loop.happened, bench.loop.calls) == ((), [], [])


def test_where_too_much_runs_no_file_is_touched(bench: Bench) -> None:
    bench.waits("Scaling")
    for number in range(MOST_RUNNING):
        bench.changes.carry_out(wishes.Write(file=f"w{number}.yaml", text=TEXT), None, "api")
    with pytest.raises(Busy):
        bench.changes.carry_out(wishes.Write(file="last.yaml", text=TEXT), None, "api")
    assert len(list(bench.specs.iterdir())) == 1 + MOST_RUNNING
