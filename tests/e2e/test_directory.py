"""What happens to the watched directory and to single names in it; nothing is removed but what was deleted."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

# Without the right to read what its owner can't, root is refused as anybody else is.
AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def loop(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop that looks at its directory often, whether something happened or not."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"), options=("--resync", "2s"))
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def polling(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop that looks for changes instead of being told, and that may not read everything."""
    options = ("--polling", "--resync", "2s")
    process = LoopProcess(engine, tmp_path_factory.mktemp("polling"), options=options, inside=AS_ANYBODY)
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture
def two(loop: LoopProcess) -> dict[str, str]:
    """Two clusters of one instance each, and nothing else; their containers' ids by name."""
    for row in loop.status().clusters:
        if row.name not in ("blue", "green"):
            loop.client.expect_delete(row.name)  # else it counts with what the test deletes
    for file in loop.specs.iterdir():
        if file.stem not in ("blue", "green"):
            file.unlink()
    for name in ("blue", "green"):
        loop.save(name, spec(1))
    for name in ("blue", "green"):
        loop.until_ready(name, 1)
    loop.until(lambda: len(loop.containers(every=True)) == 2, what="nothing else is left")
    loop.until_settled()
    return loop.containers(every=True)


def held(loop: LoopProcess) -> str:
    return "\n".join(loop.status().held)


def nothing_to_do(loop: LoopProcess) -> None:
    loop.until_settled()
    ran = loop.plan()
    assert ran.code == 0, ran.out


def test_a_directory_renamed_away_and_back_removes_nothing_and_healing_goes_on(
    loop: LoopProcess, two: dict[str, str]
) -> None:
    away = loop.specs.with_name("away")
    loop.specs.rename(away)
    loop.until(lambda: "can't be read" in held(loop), what="the absence is told")
    loop.docker.kill(two[f"{loop.env}-blue-1"])
    loop.until(lambda: loop.containers("blue").get(f"{loop.env}-blue-1") not in (None, two[f"{loop.env}-blue-1"]))
    loop.until_ready("blue", 1)
    assert loop.containers("green") == {f"{loop.env}-green-1": two[f"{loop.env}-green-1"]}
    away.rename(loop.specs)
    loop.until(lambda: held(loop) == "", what="nothing is held any more")
    loop.save("green", spec(2))
    loop.until_ready("green", 2)
    nothing_to_do(loop)


def test_another_directory_in_its_place_removes_nothing(loop: LoopProcess, two: dict[str, str]) -> None:
    away = loop.specs.with_name("away")
    loop.specs.rename(away)
    loop.specs.mkdir()
    loop.until(lambda: "another directory" in held(loop), what="the other directory is noticed")
    assert loop.cli("plan").code == 2
    # The same files in another directory are as good as the old one.
    for file in away.iterdir():
        file.rename(loop.specs / file.name)
    away.rmdir()
    loop.until(lambda: held(loop) == "", what="nothing is held any more")
    nothing_to_do(loop)
    assert loop.containers(every=True) == two


def test_an_emptied_directory_is_held_until_it_is_confirmed(loop: LoopProcess, two: dict[str, str]) -> None:
    for name in ("blue", "green"):
        (loop.specs / f"{name}.yaml").unlink()
    loop.until(lambda: "blue" in held(loop) and "green" in held(loop), what="both deletions are held")
    shown = loop.cli("status")
    assert "confirm" in shown.out
    assert "eld" in shown.out
    plan = loop.cli("plan")
    assert plan.code == 2
    assert "held" in plan.out
    assert loop.containers(every=True) == two
    confirmed = loop.cli("confirm")
    assert confirmed.code == 0, confirmed.err
    assert "blue, green" in confirmed.out
    loop.until_gone("blue")
    loop.until_gone("green")
    nothing_to_do(loop)


def test_held_deletions_end_when_the_files_return(loop: LoopProcess, two: dict[str, str]) -> None:
    for name in ("blue", "green"):
        (loop.specs / f"{name}.yaml").unlink()
    loop.until(lambda: "blue" in held(loop) and "green" in held(loop), what="both deletions are held")
    for name in ("blue", "green"):
        loop.save(name, spec(1))
    loop.until(lambda: held(loop) == "", what="nothing is held any more")
    nothing_to_do(loop)
    assert loop.containers(every=True) == two


def test_one_deleted_file_is_followed(loop: LoopProcess, two: dict[str, str]) -> None:
    (loop.specs / "blue.yaml").unlink()
    loop.until_gone("blue")
    nothing_to_do(loop)
    assert loop.containers() == {f"{loop.env}-green-1": two[f"{loop.env}-green-1"]}


def test_a_renamed_file_is_another_cluster(loop: LoopProcess, two: dict[str, str]) -> None:
    (loop.specs / "blue.yaml").rename(loop.specs / "red.yaml")
    loop.until_ready("red", 1)
    loop.until_gone("blue")
    nothing_to_do(loop)
    assert loop.containers("green") == {f"{loop.env}-green-1": two[f"{loop.env}-green-1"]}


def test_links_are_swapped_as_in_a_config_map(loop: LoopProcess, two: dict[str, str]) -> None:
    """`web.yaml` leads to `..data/web.yaml`, `..data` to a directory of its own for each version."""

    def publish(version: str, size: int) -> None:
        directory = loop.specs / f"..{version}"
        directory.mkdir()
        (directory / "linked.yaml").write_text(spec(size))
        swap = loop.specs / "..data_tmp"
        swap.symlink_to(directory.name)
        swap.rename(loop.specs / "..data")

    publish("v1", 1)
    (loop.specs / "linked.yaml").symlink_to("..data/linked.yaml")
    loop.until_ready("linked", 1)
    first = loop.containers("linked")
    publish("v2", 2)
    loop.until_ready("linked", 2)
    nothing_to_do(loop)
    assert first.items() <= loop.containers("linked").items()
    for path in ("linked.yaml", "..data", "..v1/linked.yaml", "..v2/linked.yaml"):
        (loop.specs / path).unlink()
    loop.until_gone("linked")
    for version in ("..v1", "..v2"):
        (loop.specs / version).rmdir()


def test_what_is_no_regular_file_is_reported_and_blocks_nobody(loop: LoopProcess, two: dict[str, str]) -> None:
    outside = loop.root / "outside.yaml"
    outside.write_text(spec(1))
    os.mkfifo(loop.specs / "pipe.yaml")
    (loop.specs / "folder.yaml").mkdir()
    (loop.specs / "dangling.yaml").symlink_to("nothing.yaml")
    (loop.specs / "escaped.yaml").symlink_to(outside)
    odd = ("pipe", "folder", "dangling", "escaped")
    for name in odd:
        loop.until(partial(is_reported, loop, name), what=f"{name} is reported")
    loop.save("blue", spec(2))
    loop.until_ready("blue", 2)
    for name in odd:
        assert f"{name}.yaml" in complaint(loop, name)
        assert not loop.containers(name, every=True)
    checked = loop.cli("validate", loop.specs)
    assert checked.code == 1
    assert all(f"{name}.yaml" in checked.err for name in odd)
    for name in odd:
        path = loop.specs / f"{name}.yaml"
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    loop.until(lambda: not any(complaint(loop, name) for name in odd), what="the complaints end")
    nothing_to_do(loop)


def is_reported(loop: LoopProcess, name: str) -> bool:
    return complaint(loop, name) != ""


def complaint(loop: LoopProcess, name: str) -> str:
    status = loop.status()
    row = next((row for row in status.clusters if row.name == name), None)
    found = (*status.problems, *(row.problems if row else ()))
    return "\n".join(str(problem) for problem in found if Path(problem.file).stem == name)


def test_polling_follows_a_save_and_an_unreadable_file_changes_nothing(polling: LoopProcess) -> None:
    path = polling.save("web", spec(1))
    polling.until_ready("web", 1)
    path.write_text(spec(2))
    polling.until_ready("web", 2)
    before = polling.containers()
    path.chmod(0)
    polling.until(lambda: complaint(polling, "web") != "", what="the file is reported")
    assert "ermission" in complaint(polling, "web")
    polling.docker.kill(before[f"{polling.env}-web-2"])
    polling.until(lambda: len(polling.containers()) == 2 and polling.containers() != before, what="healed")
    path.chmod(0o600)
    polling.until(lambda: complaint(polling, "web") == "", what="the complaint ends")
    polling.until_ready("web", 2)
    nothing_to_do(polling)
    assert polling.containers()[f"{polling.env}-web-1"] == before[f"{polling.env}-web-1"]


def test_an_unreadable_directory_removes_nothing(polling: LoopProcess) -> None:
    polling.save("web", spec(2))
    polling.until_ready("web", 2)
    polling.until_settled()
    before = polling.containers()
    polling.specs.chmod(0)
    try:
        polling.docker.kill(before[f"{polling.env}-web-2"])  # something to look for
        polling.until(lambda: "can't be read" in held(polling), what="the directory is reported")
    finally:
        polling.specs.chmod(0o700)
    polling.until(lambda: held(polling) == "", what="the directory is readable again")
    polling.until_ready("web", 2)
    nothing_to_do(polling)
    assert polling.containers()[f"{polling.env}-web-1"] == before[f"{polling.env}-web-1"]
