"""Edits of a directory: as they were shown or not at all, one after another, and nobody's save is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.changes import draft, wishes
from reconciler.changes.workshop import Workshop
from reconciler.errors import FileChanged, ReconcilerError, SpecError, UsageError
from reconciler.spec.policy import Policy
from tests.unit.changes.conftest import WEB, Told

RESIZE = wishes.Resize(name="web", size=5)


def test_a_file_that_was_edited_by_hand_meanwhile_is_refused_with_the_difference(
    workshop: Workshop, specs: Path
) -> None:
    base = workshop.draft(RESIZE).base
    (specs / "web.yaml").write_text(WEB.replace("June", "July"))
    for act in (workshop.draft, workshop.carry_out):
        with pytest.raises(FileChanged, match=r"web\.yaml: changed by somebody else since") as refusal:
            act(RESIZE, base)
        assert "-image: shop:3  # June\n+image: shop:3  # July\n" in refusal.value.difference
        assert "size" not in [line[1:5] for line in refusal.value.difference.splitlines() if line[0] in "+-"]
    assert (specs / "web.yaml").read_text() == WEB.replace("June", "July")
    workshop.carry_out(RESIZE, workshop.draft(RESIZE).base)
    assert "size: 5 " in (specs / "web.yaml").read_text()


def test_the_editors_base_is_the_one_of_every_wish_about_that_file(workshop: Workshop) -> None:
    file, text, base = workshop.spec("web")
    write = wishes.Write(file="web.yaml", text="image: a\nsize: 1\n")
    assert (file, text) == ("web.yaml", WEB)
    assert {workshop.draft(wish).base for wish in (RESIZE, write, wishes.Delete(names=("web",)))} == {base}


def test_a_file_that_has_gone_since_is_shown_as_removed(workshop: Workshop, specs: Path) -> None:
    base = workshop.spec("web")[2]
    (specs / "web.yaml").unlink()
    with pytest.raises(FileChanged) as refusal:
        workshop.carry_out(RESIZE, base)
    assert refusal.value.difference.startswith("--- a/web.yaml\n+++ /dev/null\n")


def test_a_file_that_is_no_spec_any_more_was_first_of_all_changed(workshop: Workshop, specs: Path) -> None:
    base = workshop.spec("web")[2]
    (specs / "web.yaml").write_text("size: [\n")
    with pytest.raises(FileChanged, match=r"web\.yaml"):
        workshop.carry_out(RESIZE, base)
    with pytest.raises(SpecError):
        workshop.carry_out(RESIZE)


def test_a_base_that_nobody_knows_any_more_shows_what_would_be_changed_now(workshop: Workshop) -> None:
    with pytest.raises(FileChanged, match="may have been changed") as refusal:
        workshop.carry_out(RESIZE, "of an earlier loop")
    assert "-size: 4 " in refusal.value.difference


def test_a_save_between_reading_and_placing_is_not_lost(
    workshop: Workshop, specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workshop._made

    def saved_meanwhile(wish: wishes.Wish, read: draft.Files) -> draft.Draft:
        made = real(wish, read)
        (specs / "web.yaml").write_text("# by hand\n" + WEB)
        return made

    monkeypatch.setattr(workshop, "_made", saved_meanwhile)
    announced: list[str] = []
    for wish in (RESIZE, wishes.Delete(names=("web",))):
        (specs / "web.yaml").write_text(WEB)
        with pytest.raises(FileChanged) as refusal:
            workshop.carry_out(wish, announce=announced.append)
        assert "+# by hand\n" in refusal.value.difference
    assert (specs / "web.yaml").read_text() == "# by hand\n" + WEB
    assert announced == []
    assert [entry.name for entry in specs.iterdir()] == ["web.yaml"]


def test_of_two_at_once_with_one_base_one_is_refused(workshop: Workshop, specs: Path) -> None:
    base = workshop.spec("web")[2]

    def resize(size: int) -> str:
        try:
            return workshop.carry_out(wishes.Resize(name="web", size=size), base).says
        except FileChanged as error:
            return error.difference

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(resize, range(10, 18)))
    done = [sentence for sentence in said if sentence.startswith("resize")]
    assert len(done) == 1
    size = done[0].rpartition(" ")[2]
    assert (specs / "web.yaml").read_text() == WEB.replace("size: 4 ", f"size: {size} ")
    assert all(f"+size: {size} " in sentence for sentence in said if sentence not in done)


def test_many_at_once_without_a_base_all_take_effect(workshop: Workshop, specs: Path) -> None:
    changes = [wishes.NextGroup(name="web", environment={f"N{number}": "x"}) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(workshop.carry_out, changes))
    text = (specs / "web.yaml").read_text()
    assert all(f"  N{number}: x\n" in text for number in range(12))


def test_apply_is_all_or_none_and_prune_depends_on_the_whole_listing(workshop: Workshop, specs: Path) -> None:
    files = {"db.yaml": "image: db:1\nsize: 1\n", "auth.yml": "image: auth:1\nsize: 1\ndepends_on: [db]\n"}
    bad = wishes.Apply(files=files | {"bad.yaml": "size: x\n"})
    with pytest.raises(SpecError, match=r"bad\.yaml:1:"):
        workshop.carry_out(bad)
    with pytest.raises(SpecError, match="depends_on"):
        workshop.carry_out(wishes.Apply(files={"auth.yml": files["auth.yml"]}))
    prune = wishes.Apply(files=files, prune=True)
    shown = workshop.draft(prune)
    assert (shown.clusters, shown.removed) == (("auth", "db", "web"), ("web",))
    (specs / "late.yaml").write_text("image: a\nsize: 1\n")
    with pytest.raises(FileChanged, match=r"late\.yaml"):
        workshop.carry_out(prune, shown.base)
    assert sorted(entry.name for entry in specs.iterdir()) == ["late.yaml", "web.yaml"]
    workshop.carry_out(wishes.Apply(files=files))
    workshop.carry_out(prune)
    assert sorted(entry.name for entry in specs.iterdir()) == ["auth.yml", "db.yaml"]


def test_a_written_file_takes_the_place_and_the_line_ends_of_the_clusters_own(workshop: Workshop, specs: Path) -> None:
    (specs / "db.yml").write_bytes(b"image: db:1\r\nsize: 1\r\n")
    made = workshop.carry_out(wishes.Write(file="db.yaml", text="image: db:1\nsize: 2\n"))
    assert (specs / "db.yml").read_bytes() == b"image: db:1\r\nsize: 2\r\n"
    assert made.edits[0].difference.count("\n+") == 2, "its name, and one line"
    workshop.carry_out(wishes.Write(file="new.yaml", text="image: a\nsize: 1\n"))
    assert (specs / "new.yaml").read_text() == "image: a\nsize: 1\n"


@pytest.mark.parametrize(
    "name", ["../web.yaml", "a/b.yaml", ".web.yaml", "web.txt", "web", "", "a\0.yaml", "\ud800.yaml"]
)
def test_a_name_that_is_no_spec_files_is_refused(workshop: Workshop, specs: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no spec file"):
        workshop.carry_out(wishes.Write(file=name, text="image: a\nsize: 1\n"))
    assert [entry.name for entry in specs.parent.rglob("*.yaml")] == ["web.yaml"]


@pytest.mark.parametrize("text", ["", "\ud800", "image: a\nsize: 1\n" + "# much\n" * 10_000, "a: &b c\n"])
def test_a_text_that_is_no_spec_is_refused_with_its_problems(workshop: Workshop, text: str) -> None:
    with pytest.raises(SpecError, match=r"new\.yaml:1:1|new\.yaml:"):
        workshop.carry_out(wishes.Write(file="new.yaml", text=text))


def test_a_cluster_with_two_files_is_left_to_a_person_but_for_its_deletion(workshop: Workshop, specs: Path) -> None:
    (specs / "web.yml").write_text(WEB)
    for wish in (RESIZE, wishes.Write(file="web.yaml", text=WEB)):
        with pytest.raises(ReconcilerError, match=r"web has two files .*keep one of them"):
            workshop.carry_out(wish)
    announced: list[str] = []
    done = workshop.carry_out(wishes.Delete(names=("web", "web")), announce=announced.append)
    assert ([edit.file for edit in done.edits], done.clusters, done.named) == (["web.yaml", "web.yml"], ("web",), True)
    assert list(specs.iterdir()) == []
    assert "web" in announced


def test_a_broken_file_can_be_deleted_and_is_shown(workshop: Workshop, specs: Path) -> None:
    (specs / "web.yaml").write_bytes(b"\xff broken\n")
    done = workshop.carry_out(wishes.Delete(names=("web",)))
    assert done.edits[0].difference.endswith("-\ufffd broken\n")
    assert list(specs.iterdir()) == []


def test_where_a_link_leads_out_nothing_is_written_and_only_the_link_goes(workshop: Workshop, specs: Path) -> None:
    outside = specs.parent / "outside.yaml"
    (specs / "web.yaml").rename(outside)
    (specs / "web.yaml").symlink_to(outside)
    for wish in (RESIZE, wishes.Write(file="web.yaml", text=WEB + "# more\n")):
        with pytest.raises(ReconcilerError, match=r"not a regular file of this directory|leads out of the directory"):
            workshop.carry_out(wish)
    assert (outside.read_text(), (specs / "web.yaml").is_symlink()) == (WEB, True)
    workshop.carry_out(wishes.Delete(names=("web",)))
    assert (outside.read_text(), (specs / "web.yaml").is_symlink()) == (WEB, False)


def test_what_nobody_has_seen_is_not_removed_as_one_of_the_others(
    workshop: Workshop, specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workshop._made

    def saved_meanwhile(wish: wishes.Wish, read: draft.Files) -> draft.Draft:
        (specs / "new.yaml").write_text(WEB)
        return real(wish, read)

    monkeypatch.setattr(workshop, "_made", saved_meanwhile)
    with pytest.raises(FileChanged, match=r"new\.yaml: written just now"):
        workshop.carry_out(wishes.Apply(files={"web.yaml": WEB}, prune=True))
    assert (specs / "new.yaml").read_text() == WEB


def test_who_is_named_twice_is_deleted_once(workshop: Workshop) -> None:
    draft = workshop.draft(wishes.Delete(names=("web", "web")))
    assert (draft.says, draft.clusters) == ("delete web", ("web",))


def test_a_file_that_can_not_be_read_is_one_of_the_others_that_go_and_takes_no_second_one(
    workshop: Workshop, specs: Path
) -> None:
    (specs / "large.yml").write_text("#" * 70_000)
    (specs / "lost.yaml").symlink_to("nowhere")
    workshop.carry_out(wishes.Write(file="large.yaml", text=WEB))
    assert (specs / "large.yml").read_text() == WEB
    (specs / "large.yml").write_text("#" * 70_000)
    (specs / "folder.yaml").mkdir()
    draft = workshop.carry_out(wishes.Apply(files={"web.yaml": WEB}, prune=True))
    assert (draft.removed, sorted(path.name for path in specs.iterdir())) == (
        ("large", "lost"),
        ["folder.yaml", "web.yaml"],
    )


@pytest.mark.parametrize("place", ["web.yaml", ""])
def test_what_is_read_only_is_refused_with_what_to_do_and_nobody_is_confirmed(
    workshop: Workshop, specs: Path, place: str
) -> None:
    read_only = specs / place
    mode = read_only.stat().st_mode
    read_only.chmod(0o555)
    announced: list[str] = []
    try:
        for wish in (RESIZE, wishes.Delete(names=("web",)), wishes.Apply(files={"web.yaml": WEB + "\n"}, prune=True)):
            with pytest.raises(ReconcilerError, match=r"is read-only: make it writable \(`chmod u\+w"):
                workshop.carry_out(wish, announce=announced.append)
        assert workshop.carry_out(wishes.Resume(name="web")).edits[0].changed is False
    finally:
        read_only.chmod(mode)
    assert ((specs / "web.yaml").read_text(), announced) == (WEB, [])


def test_a_directory_that_is_gone_is_not_made_anew(workshop: Workshop, specs: Path) -> None:
    (specs / "web.yaml").unlink()
    specs.rmdir()
    with pytest.raises(ReconcilerError, match="is no directory"):
        workshop.carry_out(wishes.Write(file="web.yaml", text=WEB))


def test_what_a_person_may_not_expect_is_remarked(specs: Path, told: Told) -> None:
    workshop = Workshop(specs, Policy(), told.known())
    auto = "autoscale: {min: 2, max: 9, metric: cpu, target: 60}\n"
    (specs / "web.yaml").write_text(WEB.replace("2s}", "2s, paused: true}") + auto)
    assert workshop.draft(RESIZE).remarks == (
        "web is scaled by itself: it starts anew with this size and goes on between 2 and 9",
    )
    (remark,) = workshop.draft(wishes.NextGroup(name="web", image="shop:4")).remarks
    assert remark == "web is paused: nothing is begun until `reconciler rollout resume web`"
    (specs / "web.yaml").write_text(WEB + "suspend: true\n")
    assert "web is suspended" in workshop.draft(RESIZE).remarks[0]
