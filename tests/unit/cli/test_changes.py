"""Commands that change the watched directory: all of it or nothing, comments kept."""

from dataclasses import replace
from pathlib import Path

from reconciler.plan.status import ClusterStatus
from tests.unit.cli.conftest import FakeLoop, Run
from tests.unit.console.worlds import cluster, condition

GOOD = "image: debian:bookworm-slim\nsize: 3  # three\n"


def test_scale_changes_one_number_and_keeps_the_comment(run: Run, specs: Path, loop: FakeLoop) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    assert run("scale", "webapp", "5").exit_code == 0
    assert (specs / "webapp.yaml").read_text() == GOOD.replace("3  #", "5  #")
    assert loop.asked == ["rescan"]


def test_suspend_and_resume_edit_the_file(run: Run, specs: Path) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    assert run("suspend", "webapp").exit_code == 0
    assert (specs / "webapp.yaml").read_text() == GOOD + "suspend: true\n"
    assert run("resume", "webapp").exit_code == 0
    assert (specs / "webapp.yaml").read_text() == GOOD + "suspend: false\n"


def test_delete_tells_the_loop_before_the_file_goes(run: Run, specs: Path, loop: FakeLoop) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    assert run("delete", "webapp").exit_code == 0
    assert not (specs / "webapp.yaml").exists()
    assert loop.asked == ["expect_delete webapp", "rescan"]


def test_delete_of_an_unknown_name_deletes_none_of_the_others(run: Run, specs: Path) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    result = run("delete", "webapp", "nobody")
    assert result.exit_code == 1
    assert "there are webapp" in result.stderr
    assert (specs / "webapp.yaml").exists()


def test_apply_places_all_or_none(run: Run, specs: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "auth.yaml").write_text(GOOD)
    (source / "webapp.yaml").write_text("size: 3\n")
    assert run("apply", "source").exit_code == 1
    assert list(specs.iterdir()) == []
    (source / "webapp.yaml").write_text(GOOD)
    assert run("apply", "source").exit_code == 0
    assert sorted(p.name for p in specs.iterdir()) == ["auth.yaml", "webapp.yaml"]


def test_apply_prune_removes_what_the_directory_does_not_hold(run: Run, specs: Path, tmp_path: Path) -> None:
    (specs / "old.yaml").write_text(GOOD)
    source = tmp_path / "source"
    source.mkdir()
    (source / "webapp.yaml").write_text(GOOD)
    assert run("apply", "--prune", "source").exit_code == 0
    assert [p.name for p in specs.iterdir()] == ["webapp.yaml"]


def test_apply_refuses_a_dependency_that_is_nowhere(run: Run, specs: Path) -> None:
    Path("webapp.yaml").write_text(GOOD + "depends_on: [auth]\n")
    result = run("apply", "webapp.yaml")
    assert result.exit_code == 1
    assert "depends_on" in result.stderr


def test_apply_waits_until_the_loop_has_nothing_left_to_do(run: Run, specs: Path, loop: FakeLoop) -> None:
    Path("webapp.yaml").write_text(GOOD)
    result = run("apply", "webapp.yaml", "--wait", "--timeout", "5s")
    assert result.exit_code == 0
    assert result.stdout.endswith("webapp: ready\n")


def test_a_loop_that_watches_another_directory_is_named(run: Run, loop: FakeLoop, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    result = run("delete", "webapp", "--specs", "other")
    assert result.exit_code == 64
    assert "watches" in result.stderr


def test_new_writes_a_spec_that_is_good_and_never_overwrites(run: Run, specs: Path) -> None:
    assert run("new", "hello", "--image", "debian:bookworm-slim").exit_code == 0
    assert run("validate", "specs").exit_code == 0
    before = (specs / "hello.yaml").read_text()
    assert run("new", "hello").exit_code == 64
    assert (specs / "hello.yaml").read_text() == before


def test_new_writes_a_task_that_is_good(run: Run, specs: Path) -> None:
    assert run("new", "migrate", "--task").exit_code == 0
    assert run("validate", "specs").exit_code == 0
    assert "\nkind: TaskSpec\n" in (specs / "migrate.yaml").read_text()


def test_confirm_names_what_it_released(run: Run, loop: FakeLoop) -> None:
    loop.released = ("auth", "webapp")
    assert run("confirm").stdout == "auth, webapp: will be removed\n"


ORPHAN = condition("Held", "True", "MassDeletion", "2 of 2 clusters would go")


def _pruned(loop: FakeLoop, tmp_path: Path, *rest: ClusterStatus) -> list[str]:
    """A source that wants webapp alone, and a loop that shows webapp and the rest."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "webapp.yaml").write_text(GOOD)
    loop.world = replace(loop.world, clusters=(cluster("webapp", 3), *rest))
    return ["apply", "--prune", "source", "--wait", "--timeout", "0"]


def test_apply_prune_wait_exits_3_at_once_for_what_is_held_and_says_how_to_go_on(
    run: Run, specs: Path, loop: FakeLoop, tmp_path: Path
) -> None:
    (specs / "old.yaml").write_text(GOOD)
    command = [*_pruned(loop, tmp_path, cluster("old", 3, conditions=(ORPHAN,)))[:-1], "60"]
    result = run(*command)
    assert result.exit_code == 3
    assert "2 of 2 clusters would go" in result.stderr
    assert "`reconciler confirm old`" in result.stderr
    assert run(*command).exit_code == 3, "held by an earlier run, and still held"


def test_apply_prune_wait_exits_3_while_the_removed_are_still_there_and_0_when_they_are_gone(
    run: Run, specs: Path, loop: FakeLoop, tmp_path: Path
) -> None:
    (specs / "old.yaml").write_text(GOOD)
    command = _pruned(loop, tmp_path, cluster("old", 3))
    result = run(*command)
    assert result.exit_code == 3
    assert "old: still there" in result.stderr
    loop.world = replace(loop.world, clusters=(cluster("webapp", 3),))
    assert run(*command).exit_code == 0


def test_apply_does_not_make_a_watched_directory_that_went_away(run: Run, specs: Path, loop: FakeLoop) -> None:
    specs.rmdir()
    Path("webapp.yaml").write_text(GOOD)
    result = run("apply", "webapp.yaml")
    assert result.exit_code == 1
    assert "is gone" in result.stderr
    assert not specs.exists()


def test_a_task_has_no_size_to_set(run: Run, specs: Path) -> None:
    text = "kind: TaskSpec\nimage: loader:1\n"
    (specs / "loader.yaml").write_text(text)
    result = run("scale", "loader", "2")
    assert result.exit_code == 1
    assert "loader is a task: it runs once and has no size to set" in result.stderr
    assert (specs / "loader.yaml").read_text() == text


def test_a_task_is_suspended_and_resumed_as_a_cluster_is(run: Run, specs: Path) -> None:
    (specs / "loader.yaml").write_text("kind: TaskSpec\nimage: loader:1\n")
    assert run("suspend", "loader").exit_code == 0
    assert (specs / "loader.yaml").read_text() == "kind: TaskSpec\nimage: loader:1\nsuspend: true\n"


def test_scale_names_the_limit_of_the_spec_format(run: Run, specs: Path) -> None:
    (specs / "webapp.yaml").write_text(GOOD)
    result = run("scale", "webapp", "1001")
    assert result.exit_code == 64
    assert "0<=x<=1000" in result.stderr
    assert (specs / "webapp.yaml").read_text() == GOOD


def test_new_with_a_bad_name_says_so_in_one_sentence_and_writes_nothing(run: Run, specs: Path) -> None:
    specs.rmdir()
    result = run("new", "Bad_Name")
    assert result.exit_code == 64
    assert result.stderr.count("\n") == 1
    assert "is not a DNS label" in result.stderr
    assert not specs.exists()
