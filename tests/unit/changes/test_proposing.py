"""What is shown before a change: the loop's own plan of all good files, or why there is none."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.changes import wishes
from reconciler.changes.proposal import FileEdit, Proposal
from reconciler.changes.proposing import proposal
from reconciler.changes.taking_up import taken_up
from reconciler.changes.workshop import Workshop
from reconciler.errors import EngineUnavailable, LoopNotRunning, Problem, ReconcilerError, SpecError, TransientError
from reconciler.plan.plan import Plan, Wait
from reconciler.spec.parse import parse
from reconciler.spec.policy import Policy
from tests.unit.changes.conftest import WEB


class Planner:
    """A loop that refuses what is no spec and plans a wait that tells each cluster's size."""

    def __init__(self, *plans: Plan) -> None:
        self.plans = plans
        self.asked: list[list[str]] = []

    def __call__(self, files: Mapping[str, bytes]) -> tuple[Plan, ...]:
        self.asked.append(sorted(files))
        parsed = [parse(text, file=name, policy=Policy()) for name, text in files.items()]
        wait = [Wait(reason="Scaling", message=str(one.spec.size)) for one in parsed]
        return self.plans or tuple(
            Plan(cluster=one.spec.name, waits=(said,)) for one, said in zip(parsed, wait, strict=True)
        )


def made(workshop: Workshop, wish: wishes.Wish, planner: Planner) -> Proposal:
    return proposal(workshop.draft(wish), workshop.directory, workshop.policy, planner)


def test_the_plan_is_of_the_files_as_they_would_be(workshop: Workshop, specs: Path) -> None:
    (specs / "db.yaml").write_text("image: a\nsize: 1\n")
    planner = Planner()
    found = made(workshop, wishes.Resize(name="web", size=7), planner)
    assert [(plan.cluster, plan.waits[0].message) for plan in found.plans or ()] == [("web", "7")]
    assert planner.asked == [["db.yaml", "web.yaml"]]
    assert (found.changed, found.says) == (True, "resize web to 7")
    assert "-size: 4   # weekdays\n+size: 7   # weekdays\n" in found.difference
    assert (specs / "web.yaml").read_text() == WEB


def test_what_is_broken_elsewhere_stands_in_nobodys_way(workshop: Workshop, specs: Path) -> None:
    (specs / "broken.yaml").write_text("size: [\n")
    (specs / "two.yaml").write_text(WEB)
    (specs / "two.yml").write_text(WEB)
    planner = Planner()
    assert made(workshop, wishes.Resize(name="web", size=7), planner).plans
    assert planner.asked == [["web.yaml"]]
    assert taken_up(planner, specs, Policy(), ["web"]).reasons == {"web": frozenset({"Scaling"})}
    assert taken_up(planner, specs, Policy(), ["broken"]).at_rest is False


@pytest.mark.parametrize(
    "error",
    [
        LoopNotRunning("no loop"), TransientError("busy"), EngineUnavailable("no engine"),
        SpecError((Problem(file="other.yaml", line=1, column=1, path="", problem="a clash", fix=""),)),
    ],
)  # fmt: skip
def test_where_nobody_can_plan_the_difference_is_shown_all_the_same(workshop: Workshop, error: ReconcilerError) -> None:
    def refusing(files: Mapping[str, bytes]) -> tuple[Plan, ...]:
        raise error

    found = proposal(workshop.draft(wishes.Suspend(name="web")), workshop.directory, workshop.policy, refusing)
    assert (found.plans, found.changed) == (None, True)
    assert found.remarks == (f"no plan can be shown: {error}",)


def test_what_the_loop_refuses_of_the_edit_itself_is_a_refusal(workshop: Workshop) -> None:
    problem = Problem(file="web.yaml", line=1, column=1, path="ports", problem="taken", fix="")

    def refusing(files: Mapping[str, bytes]) -> tuple[Plan, ...]:
        raise SpecError((problem,))

    with pytest.raises(SpecError, match="taken"):
        proposal(workshop.draft(wishes.Suspend(name="web")), workshop.directory, workshop.policy, refusing)


def test_only_the_ends_of_lines_make_lines_of_a_difference() -> None:
    edit = FileEdit(file="a.yaml", before="a: 1\r\n# x\u2028y\x85z\rw\n", after="a: 2\r\n# x\u2028y\x85z\rw\n")
    assert edit.difference == "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n-a: 1\r\n+a: 2\r\n # x\u2028y\x85z\rw\n"
