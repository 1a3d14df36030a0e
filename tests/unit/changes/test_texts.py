"""What each wish makes of a file's text: its values, and no other byte."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.changes import wishes
from reconciler.changes.workshop import Workshop
from reconciler.errors import ReconcilerError, SpecError, UsageError
from reconciler.plan.status import Phase, RolloutStatus
from reconciler.state.revisions import KeptRevision, Version
from tests.unit.changes.conftest import WEB, Told
from tests.unit.console import worlds

BEFORE = KeptRevision(
    version=Version(revision="v001", spec_hash="b", image_id="sha256:2"),
    at=2.0, text=WEB.replace("shop:3  # June", "shop:2  # May").encode(), file="web.yaml", image="shop:2", good=True,
)  # fmt: skip


def canary(told: Told, phase: Phase = Phase.CANARY) -> None:
    rollout = RolloutStatus(phase=phase, strategy="canary", revision="v002", former="v001", awaits_promotion=True)
    web = replace(worlds.cluster("web", 4), rollout=rollout)
    told.world = replace(told.world, clusters=(web,))


IMAGE, SIZE, LEVEL, TRACE = "image: shop:3 ", "size: 4 ", "LOG_LEVEL: info ", '  TRACE: "1"\n'
CASES: list[tuple[wishes.Wish, dict[str, str], str]] = [
    (wishes.Resize(name="web", size=5), {SIZE: "size: 5 "}, "resize web to 5"),
    (
        wishes.NextGroup(name="web", image="reg:5000/shop:4", environment={"LOG_LEVEL": "debug"}, strategy="canary"),
        {IMAGE: "image: reg:5000/shop:4 ", LEVEL: "LOG_LEVEL: debug ", "2s}": "2s, strategy: canary}"},
        "next group of web: image reg:5000/shop:4, LOG_LEVEL, canary",
    ),
    (
        wishes.NextGroup(name="web", environment={"TRACE": None}),
        {f"  # for the incident only\n{TRACE}": ""},
        "next group of web: without TRACE",
    ),
    (
        wishes.NextGroup(name="web", environment={"PORT": "010", "NOTE": "a: b #c"}),
        {TRACE: f'{TRACE}  PORT: "010"\n  NOTE: "a: b #c"\n'},
        "next group of web: PORT, NOTE",
    ),
    (  # all are exchanged: the mapping and what is said of it stay where they are
        wishes.NextGroup(name="web", environment={"TRACE": None, "LOG_LEVEL": None, "PORT": "80"}),
        {
            "  LOG_LEVEL: info   # loud enough\n": "",
            f"  # for the incident only\n{TRACE}": '  PORT: "80"\n',
        },
        "next group of web: without TRACE, without LOG_LEVEL, PORT",
    ),
    (wishes.NextGroup(name="web", image="shop:3", environment={"TRACE": "1"}, strategy="rolling"), {}, ""),
    (wishes.Suspend(name="web"), {"2s}\n": "2s}\nsuspend: true\n"}, "suspend web"),
    (wishes.Resume(name="web"), {}, "resume web"),
    (wishes.Traffic(name="web", on=True), {}, "lead traffic to web"),
    (wishes.Traffic(name="web", on=False), {"2s}\n": "2s}\ntraffic: false\n"}, "lead no traffic to web"),
    (wishes.Restart(name="web"), {"2s}": '2s, restarted: "2027-01-15T12:00:00Z"}'}, "restart web"),
    (wishes.Pause(name="web"), {"2s}": "2s, paused: true}"}, "pause the rollout of web"),
    (wishes.GoOn(name="web"), {}, "go on with the rollout of web"),
    (wishes.Undo(name="web"), {"shop:3  # June": "shop:2  # May"}, "take web back to v001"),
]


@pytest.mark.parametrize(("wish", "exchanged", "says"), CASES)
def test_a_wish_changes_its_values_and_keeps_the_rest(
    workshop: Workshop, specs: Path, told: Told, wish: wishes.Wish, exchanged: dict[str, str], says: str
) -> None:
    told.revisions = (BEFORE,)
    draft = workshop.carry_out(wish)
    wanted = WEB
    for old, new in exchanged.items():
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
    assert (specs / "web.yaml").read_text() == wanted
    assert draft.clusters == ("web",)
    assert says in ("", draft.says)
    assert draft.edits[0].difference.startswith("--- a/web.yaml\n+++ b/web.yaml\n") == bool(exchanged)


def test_a_promotion_names_the_revision_whose_canaries_stand(workshop: Workshop, specs: Path, told: Told) -> None:
    canary(told)
    text = WEB.replace("2s}", "2s, strategy: canary}")
    (specs / "web.yaml").write_text(text)
    assert workshop.carry_out(wishes.Promote(name="web")).says == "promote v002 of web"
    assert (specs / "web.yaml").read_text() == text.replace("canary}", "canary, promoted: v002}")


def test_another_revision_than_was_shown_is_not_promoted(workshop: Workshop, specs: Path, told: Told) -> None:
    """A tag may mean another image by now, whose group nobody has judged; the file is as it was."""
    canary(told)
    wish = wishes.Promote(name="web")
    base = workshop.draft(wish).base
    (web,) = told.world.clusters
    assert web.rollout is not None
    newer = replace(web, rollout=replace(web.rollout, revision="v003"))
    told.world = replace(told.world, clusters=(newer,))
    with pytest.raises(ReconcilerError, match=r"v002 was shown, and by now it would be: promote v003 of web"):
        workshop.carry_out(wish, base)
    assert (specs / "web.yaml").read_text() == WEB
    assert workshop.carry_out(wish, workshop.draft(wish).base).revision == "v003"


@pytest.mark.parametrize(("label", "left"), [("v002", ""), ("v001", ", promoted: v001")])
def test_what_is_taken_back_is_judged_anew_should_it_come_again(
    workshop: Workshop, specs: Path, told: Told, label: str, left: str
) -> None:
    told.revisions = (BEFORE,)
    (specs / "web.yaml").write_text(WEB.replace("2s}", f"2s, promoted: {label}}}"))
    workshop.carry_out(wishes.Undo(name="web"))
    assert (specs / "web.yaml").read_text() == WEB.replace("shop:3  # June", "shop:2  # May").replace(
        "2s}", f"2s{left}}}"
    )


def test_the_last_variable_takes_its_mapping_with_it(workshop: Workshop, specs: Path) -> None:
    workshop.carry_out(wishes.NextGroup(name="web", environment={"TRACE": None, "LOG_LEVEL": None, "NONE": None}))
    assert (specs / "web.yaml").read_text().splitlines() == [
        "# the front", "image: shop:3  # June", "size: 4   # weekdays", "rollout: {bake: 2s}", "# the end"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        (wishes.Resize(name="web", size=-1), SpecError, r"web\.yaml:3:7: size"),
        (wishes.Resize(name="nobody", size=1), ReconcilerError, "no spec of a cluster 'nobody' .*there are web"),
        (wishes.NextGroup(name="web", strategy="yolo"), SpecError, "rollout.strategy"),
        (wishes.NextGroup(name="web", environment={"a: b": "c"}), UsageError, "edit by hand"),
        (wishes.NextGroup(name="web", image="two words"), SpecError, r"web\.yaml:2:8: image"),
        (wishes.Promote(name="web"), ReconcilerError, "no canary and no group stands .*: nothing is rolled out"),
        (wishes.Undo(name="web"), ReconcilerError, "web has no history"),
        (wishes.Undo(name="web", to="latest"), UsageError, "no revision looks like that"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    workshop: Workshop, specs: Path, wish: wishes.Wish, error: type[Exception], said: str
) -> None:
    for act in (workshop.draft, workshop.carry_out):
        with pytest.raises(error, match=said):
            act(wish)
    assert (specs / "web.yaml").read_text() == WEB


@pytest.mark.parametrize(
    "wish",
    [
        wishes.Resize(name="job", size=2), wishes.Restart(name="job"), wishes.Pause(name="job"),
        wishes.Undo(name="job"), wishes.Traffic(name="job", on=False),
        wishes.NextGroup(name="job", strategy="canary"),
    ],
)  # fmt: skip
def test_a_task_is_refused_what_it_lacks(workshop: Workshop, specs: Path, wish: wishes.Wish) -> None:
    (specs / "job.yaml").write_text("kind: TaskSpec\nimage: a\n")
    with pytest.raises(ReconcilerError, match="job is a task"):
        workshop.draft(wish)


def test_a_promotion_says_what_stands_instead_of_a_canary(workshop: Workshop, told: Told) -> None:
    canary(told, Phase.ROLLED_BACK)
    with pytest.raises(
        ReconcilerError, match="no canary and no group stands that could be promoted: v002 is rolled back"
    ):
        workshop.draft(wishes.Promote(name="web"))
