"""Which images `reconciler images build` takes; building itself is tested on the engine."""

from pathlib import Path

import pytest

from reconciler.cli.images import _chosen, _directory, _table
from reconciler.errors import UsageError
from reconciler.setup.images import LABEL, Folder, State, folders
from reconciler.setup.probe import LocalImage


def _image(root: Path, name: str, parent: str) -> None:
    directory = root / name
    directory.mkdir(parents=True)
    (directory / "Dockerfile").write_text(f"FROM {parent}\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    _image(tmp_path, "app", "reconciler/java")
    _image(tmp_path, "base", "debian:bookworm-slim")
    _image(tmp_path, "java", "reconciler/base:latest")
    _image(tmp_path, "other", "debian:bookworm-slim")
    return tmp_path


def _names(root: Path, *asked: str) -> list[str]:
    return [folder.directory.name for folder in _chosen(folders(root), list(asked))]


def test_all_are_taken_each_after_what_it_starts_from(root: Path) -> None:
    names = _names(root)
    assert sorted(names) == ["app", "base", "java", "other"]
    assert names.index("base") < names.index("java") < names.index("app")


def test_a_named_one_brings_what_it_starts_from_and_nothing_else(root: Path) -> None:
    assert _names(root, "app") == ["base", "java", "app"]
    assert _names(root, "other") == ["other"]


def test_an_unknown_name_is_answered_with_those_that_there_are(root: Path) -> None:
    with pytest.raises(UsageError, match=r"no image jave; did you mean java\? there are: app, base, java, other"):
        _names(root, "jave")


def test_a_directory_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such directory"):
        _directory(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="there is no image to build"):
        _chosen(folders(tmp_path), [])


def _state(name: str, *, label: str | None) -> State:
    folder = Folder(directory=Path("/images") / name, reference=f"reconciler/{name}:latest", parents=())
    image = LocalImage(id="sha256:1", labels={LABEL: label}, size_bytes=138_000_000, made_at=0.0) if label else None
    return State(folder=folder, digest="right", image=image)


def test_the_list_says_in_words_how_each_image_is() -> None:
    states = [_state("base", label="right"), _state("java", label="other"), _state("web", label=None)]
    assert _table(states, now=600.0).plain.splitlines() == [
        "NAME  IMAGE                   STATE         SIZE  AGE",
        "base  reconciler/base:latest  up to date  138 MB  10m",
        "java  reconciler/java:latest  outdated    138 MB  10m",
        "web   reconciler/web:latest   not built",
    ]
