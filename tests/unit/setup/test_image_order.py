"""In which order images are built, and what a failure leaves out."""

from pathlib import Path

import pytest

from reconciler.setup.findings import SetupError
from reconciler.setup.image_order import longest_way_first, parents_first, standing_on, with_parents
from reconciler.setup.images import Folder, digests, folders

PARENTS = {"app": ("java", "maven"), "base": ("debian",), "java": ("base",), "maven": ("java",), "other": ("debian",)}


def test_each_comes_after_its_parents() -> None:
    assert parents_first(PARENTS) == ("base", "java", "maven", "app", "other")


def test_what_most_others_wait_for_comes_first() -> None:
    assert longest_way_first(PARENTS) == ("base", "java", "maven", "app", "other")
    assert longest_way_first({"a": (), "b": (), "c": ("b",), "d": ("c",)}) == ("b", "c", "a", "d")


def test_a_circle_is_named() -> None:
    with pytest.raises(SetupError, match="a stands on b stands on a;"):
        parents_first({"a": ("b",), "b": ("a",)})


def test_a_failure_leaves_out_what_stands_on_it_near_or_far() -> None:
    assert standing_on(PARENTS, "java") == {"maven", "app"}
    assert standing_on(PARENTS, "other") == set()


def test_what_is_wanted_brings_what_it_stands_on() -> None:
    assert with_parents(PARENTS, {"maven"}) == {"base", "java", "maven"}


def _write(root: Path, **texts: str) -> tuple[Folder, ...]:
    for name, text in texts.items():
        (root / name).mkdir(exist_ok=True)
        (root / name / "Dockerfile").write_text(text)
    return folders(root)


def test_a_change_reaches_those_that_stand_on_it_and_no_others(tmp_path: Path) -> None:
    before = digests(_write(tmp_path, a="FROM x", b="FROM reconciler/a", c="FROM x"), base="")
    after = digests(_write(tmp_path, a="FROM y"), base="")
    changed = {name for name in after if before[name] != after[name]}
    assert changed == {"reconciler/a:latest", "reconciler/b:latest"}


def test_a_file_that_becomes_executable_is_a_change(tmp_path: Path) -> None:
    found = _write(tmp_path, a="FROM x\nCOPY run /\n")
    (tmp_path / "a" / "run").write_text("#!/bin/sh\n")
    before = digests(found, base="")
    (tmp_path / "a" / "run").chmod(0o755)
    assert digests(found, base="") != before


def test_a_directory_of_ones_own_may_start_from_the_programs_images(tmp_path: Path) -> None:
    found = _write(tmp_path, mine="FROM reconciler/base\n")
    assert [folder.name for folder in found] == ["base", "mine"]
