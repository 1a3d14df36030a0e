"""A directory that goes, comes or changes its rights is noticed without the file system telling."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.loop.presence import Presence


@pytest.fixture
def changed() -> threading.Event:
    return threading.Event()


@pytest.fixture
def specs(tmp_path: Path, changed: threading.Event) -> Iterator[Path]:
    directory = tmp_path / "specs"
    directory.mkdir()
    presence = Presence(directory, changed.set, every_seconds=0.01)
    presence.start()
    yield directory
    presence.stop()


def told(changed: threading.Event) -> bool:
    found = changed.wait(5.0)
    changed.clear()
    return found


def test_it_is_told_when_the_directory_goes_comes_back_or_is_closed(specs: Path, changed: threading.Event) -> None:
    specs.rename(specs.with_name("aside"))
    assert told(changed)
    specs.with_name("aside").rename(specs)
    assert told(changed)
    specs.chmod(0o700 if specs.stat().st_mode & 0o077 else 0o750)
    assert told(changed)


def test_it_is_told_when_the_directory_that_was_gone_is_another_one(specs: Path, changed: threading.Event) -> None:
    specs.rmdir()
    assert told(changed)
    specs.mkdir()
    assert told(changed)
