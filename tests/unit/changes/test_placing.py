"""Files are placed all or none, links within the directory stay links, and nothing leads out of it."""

import os
from pathlib import Path

import pytest

from reconciler.changes import placing
from reconciler.changes.placing import place
from reconciler.errors import ReconcilerError


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    return tmp_path


def test_a_full_disk_leaves_everything_as_it_was(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (specs / "a.yaml").write_text("old a")
    real = placing._carry_out

    def full(step: placing._Step) -> None:
        if step.target.name == "b.yaml":
            raise OSError(28, "No space left on device")
        real(step)

    monkeypatch.setattr(placing, "_carry_out", full)
    with pytest.raises(ReconcilerError, match="No space left on device; nothing was changed"):
        place(specs, {"a.yaml": b"new a", "b.yaml": b"new b"})
    assert {p.name: p.read_text() for p in specs.iterdir()} == {"a.yaml": "old a"}


def test_a_link_within_the_directory_stays_one(specs: Path) -> None:
    (specs / ".data").mkdir()
    (specs / ".data" / "a.yaml").write_text("old")
    (specs / "a.yaml").symlink_to(".data/a.yaml")
    place(specs, {"a.yaml": b"new"})
    assert (specs / "a.yaml").is_symlink()
    assert (specs / ".data" / "a.yaml").read_text() == "new"


@pytest.mark.parametrize("goal", [".data/a.yaml", "b.yaml", "nowhere"])
def test_of_a_link_that_goes_only_the_link_goes(specs: Path, goal: str) -> None:
    """What it leads to may be the file of another cluster."""
    (specs / ".data").mkdir()
    for file in (specs / ".data" / "a.yaml", specs / "b.yaml"):
        file.write_text("old")
    (specs / "a.yaml").symlink_to(goal)
    place(specs, {"a.yaml": None})
    assert sorted(path.name for path in specs.iterdir()) == [".data", "b.yaml"]
    assert (specs / ".data" / "a.yaml").read_text() == (specs / "b.yaml").read_text() == "old"


def test_a_link_that_went_comes_back_where_all_fails(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (specs / "a.yaml").symlink_to("nowhere")
    monkeypatch.setattr(placing, "_flush_directories", _full)
    with pytest.raises(ReconcilerError, match="nothing was changed"):
        place(specs, {"a.yaml": None})
    assert {path.name: path.readlink().name for path in specs.iterdir()} == {"a.yaml": "nowhere"}


def _full(_: set[Path]) -> None:
    raise OSError(28, "No space left on device")


def test_what_is_written_for_somebody_stays_theirs(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root gives it away; whoever may not keeps it, and is not stopped by that."""
    (specs / "a.yaml").write_text("old")
    owner = (specs / "a.yaml").stat()
    given: list[tuple[int, int]] = []

    def refused(_: Path, user: int, group: int) -> None:
        given.append((user, group))
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.chown", refused)
    place(specs, {"a.yaml": b"new", "b.yaml": b"new"})
    assert given == [(owner.st_uid, owner.st_gid)]
    assert {path.name: path.read_text() for path in specs.iterdir()} == {"a.yaml": "new", "b.yaml": "new"}


def test_a_link_that_leads_out_is_left_alone(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "outside.yaml"
    outside.write_text("old")
    (specs / "a.yaml").symlink_to(outside)
    with pytest.raises(ReconcilerError, match="leads out of the directory"):
        place(specs, {"a.yaml": b"new"})
    assert outside.read_text() == "old"


def test_a_replaced_file_keeps_its_mode(specs: Path) -> None:
    (specs / "a.yaml").write_text("old")
    (specs / "a.yaml").chmod(0o640)
    place(specs, {"a.yaml": b"new"})
    assert os.stat(specs / "a.yaml").st_mode & 0o777 == 0o640  # noqa: PTH116
