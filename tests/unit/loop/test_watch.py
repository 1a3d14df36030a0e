"""The watch on the directory is made anew when its threads died or the directory is another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.loop.watch import DirectoryWatch
from tests.support.beating import eventually

Seen = list[tuple[str, bool]]


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture(params=[False, True], ids=["told", "polling"])
def watch(request: pytest.FixtureRequest, tmp_path: Path, seen: Seen) -> Iterator[DirectoryWatch]:
    (tmp_path / "specs").mkdir()
    made = DirectoryWatch(tmp_path / "specs", lambda name, settled: seen.append((name, settled)), polling=request.param)
    yield made
    made.stop()


def heard(seen: Seen, name: str) -> bool:
    return eventually(lambda: any(found == name for found, _ in seen))


def test_a_saved_file_is_told(watch: DirectoryWatch, seen: Seen, tmp_path: Path) -> None:
    assert watch.ensure()
    assert not watch.ensure()
    (tmp_path / "specs" / "web.yaml").write_text("x")
    assert heard(seen, "web.yaml")


def test_another_directory_in_its_place_is_watched_at_the_next_look(
    watch: DirectoryWatch, seen: Seen, tmp_path: Path
) -> None:
    watch.ensure()
    (tmp_path / "specs").rename(tmp_path / "aside")
    assert not watch.ensure()
    (tmp_path / "specs").mkdir()
    assert watch.ensure()
    (tmp_path / "specs" / "web.yaml").write_text("x")
    assert heard(seen, "web.yaml")


def test_a_dead_observer_is_made_anew(watch: DirectoryWatch, seen: Seen, tmp_path: Path) -> None:
    watch.ensure()
    assert watch._observer is not None
    watch._observer.stop()
    watch._observer.join(5)
    assert watch.ensure()
    (tmp_path / "specs" / "web.yaml").write_text("x")
    assert heard(seen, "web.yaml")
