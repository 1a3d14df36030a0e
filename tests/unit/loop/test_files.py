"""When a file may be read: closed or renamed at once, else when it has been still; gone after a while."""

from pathlib import Path

from reconciler.loop.files import GONE_SECONDS, SETTLE_SECONDS, FileTracker, listed

NONE: frozenset[str] = frozenset()


def test_all_that_is_there_at_the_start_is_read(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text("a")
    changes = FileTracker().look(tmp_path, listed(tmp_path), NONE, 0.0)
    assert changes.readable == ("web.yaml",)
    assert changes.again_at is None


def test_a_file_that_grows_is_read_when_it_has_been_still_and_one_that_was_closed_at_once(tmp_path: Path) -> None:
    tracker = FileTracker()
    tracker.look(tmp_path, listed(tmp_path), NONE, 0.0)
    (tmp_path / "web.yaml").write_text("a")
    changes = tracker.look(tmp_path, listed(tmp_path), NONE, 1.0)
    assert (changes.readable, changes.again_at) == ((), 1.0 + SETTLE_SECONDS)
    (tmp_path / "web.yaml").write_text("ab")
    assert tracker.look(tmp_path, listed(tmp_path), NONE, 1.4).readable == ()
    assert tracker.look(tmp_path, listed(tmp_path), NONE, 1.6).readable == ()
    assert tracker.look(tmp_path, listed(tmp_path), NONE, 1.4 + SETTLE_SECONDS).readable == ("web.yaml",)
    (tmp_path / "web.yaml").write_text("abc")
    assert tracker.look(tmp_path, listed(tmp_path), frozenset({"web.yaml"}), 9.0).readable == ("web.yaml",)
    assert tracker.look(tmp_path, listed(tmp_path), NONE, 99.0).readable == ()


def test_a_file_taken_away_and_put_back_was_never_gone(tmp_path: Path) -> None:
    tracker = FileTracker()
    path = tmp_path / "web.yaml"
    path.write_text("a")
    tracker.look(tmp_path, listed(tmp_path), NONE, 0.0)
    path.rename(tmp_path / "aside")
    assert "web.yaml" in tracker.look(tmp_path, ("web.yaml",), NONE, 1.0).present
    (tmp_path / "aside").rename(path)
    assert "web.yaml" in tracker.look(tmp_path, listed(tmp_path), NONE, 1.5).present
    path.unlink()
    changes = tracker.look(tmp_path, listed(tmp_path), NONE, 2.0)
    assert "web.yaml" in changes.present
    assert changes.again_at == 2.0 + GONE_SECONDS
    assert "web.yaml" not in tracker.look(tmp_path, listed(tmp_path), NONE, 2.0 + GONE_SECONDS).present


def test_a_dangling_link_is_there(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").symlink_to("nowhere")
    assert FileTracker().look(tmp_path, listed(tmp_path), NONE, 0.0).readable == ("web.yaml",)
