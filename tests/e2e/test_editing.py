"""Saving a file as editors and tools do: the containers follow, exactly, and a further plan has nothing to do."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

Save = Callable[[LoopProcess, Path, str], None]


def in_place(loop: LoopProcess, path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(loop: LoopProcess, path: Path, text: str) -> None:
    """As gedit, kate, JetBrains and `apply` do."""
    staged = path.with_name(f"{path.name}.tmp12")
    staged.write_text(text)
    staged.rename(path)


def from_elsewhere(loop: LoopProcess, path: Path, text: str) -> None:
    staged = loop.root / "elsewhere.yaml"
    staged.write_text(text)
    staged.rename(path)


def slowly(loop: LoopProcess, path: Path, text: str) -> None:
    """One descriptor, truncated and filled in pieces; the loop has long looked before the next piece comes."""
    with path.open("w") as file:
        problem_at(loop, ":1:1")
        for cut in (text[:20], text[20:-8]):
            file.write(cut)
            file.flush()
            problem_at(loop, "")
        file.write(text[-8:])


def in_several_goes(loop: LoopProcess, path: Path, text: str) -> None:
    """Each piece with a descriptor of its own, closed in between."""
    path.write_text("")
    problem_at(loop, ":1:1")
    for start in range(0, len(text), 40):
        with path.open("a") as file:
            file.write(text[start : start + 40])


def by_vim_renaming(loop: LoopProcess, path: Path, text: str) -> None:
    """What vim does with backupcopy=no: can a file be made here (4913)? The old one becomes the backup."""
    probe = path.with_name("4913")
    os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(descriptor, text.encode())
    os.fsync(descriptor)
    os.close(descriptor)
    path.chmod(0o644)
    backup.unlink()


def by_vim_copying(loop: LoopProcess, path: Path, text: str) -> None:
    """What vim does with backupcopy=yes: a copy becomes the backup, the file is written over, with a swap file."""
    swap = path.with_name(f".{path.name}.swp")
    swap.write_bytes(b"b0VIM")
    backup = path.with_name(f"{path.name}~")
    shutil.copy2(path, backup)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, text.encode())
    os.fsync(descriptor)
    os.close(descriptor)
    backup.unlink()
    swap.unlink()


def by_vim(loop: LoopProcess, path: Path, text: str) -> None:
    """The program itself where there is one; its system calls, replayed, are tested on any machine."""
    if shutil.which("vim") is None:
        by_vim_renaming(loop, path, text)
        return
    edit = [f"+%s/^size: .*/{text.splitlines()[-1]}/", "+set backupcopy=no", "+wq"]
    subprocess.run(["vim", "-es", "-u", "NONE", "-i", "NONE", *edit, str(path)], check=True, timeout=20)


def by_sed(loop: LoopProcess, path: Path, text: str) -> None:
    command = f"s/^size: .*/{text.splitlines()[-1]}/"
    subprocess.run(["sed", "-i", command, str(path)], check=True, timeout=20)


WAYS: tuple[Save, ...] = (
    in_place, by_rename, from_elsewhere, slowly, in_several_goes, by_vim, by_vim_renaming, by_vim_copying, by_sed,
)  # fmt: skip


def problem_at(loop: LoopProcess, place: str) -> None:
    """Until the loop has read the file as it is now, and complains about it."""

    def complained() -> bool:
        row = loop.cluster("web")
        return row is not None and any(place in str(problem) for problem in row.problems)

    loop.until(complained, what=f"a problem at {place}")


def settled_as(loop: LoopProcess, name: str, size: int) -> None:
    """Ready with `size`, numbered from 1, nothing left over, and the command says the same."""
    loop.until_ready(name, size)
    nothing_to_do(loop)
    assert loop.numbers(name) == list(range(1, size + 1))


def nothing_to_do(loop: LoopProcess) -> None:
    loop.until_settled()
    ran = loop.plan()
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("save", WAYS, ids=lambda way: way.__name__)
def test_a_saved_file_is_followed(loop: LoopProcess, save: Save) -> None:
    """One more or one less; whoever was there before is the same container after."""
    path = loop.specs / "web.yaml"
    if not path.exists():
        loop.save("web", spec(1))
        settled_as(loop, "web", 1)
    before = loop.containers("web")
    seen = loop.events()[-1].id
    wanted = 3 - len(before)
    save(loop, path, spec(wanted))
    settled_as(loop, "web", wanted)
    after = loop.containers("web")
    kept = [f"{loop.env}-web-1"] if wanted == 1 else list(before)
    assert [after[name] for name in kept] == [before[name] for name in kept]
    done = [e.kind for e in loop.client.events(after_id=seen) if e.kind in ("create", "remove")]
    assert done == ["create" if wanted == 2 else "remove"]


def test_git_checkout_of_many_files_is_followed(loop: LoopProcess) -> None:
    """Two branches of two dozen files: sizes change, files come and go, nothing else is touched."""

    def git(*words: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", *identity, *words], cwd=loop.specs, check=True, capture_output=True, timeout=20)

    loop.save("kept", spec(1))
    for number in range(20):
        loop.save(f"idle{number}", spec(0))
    git("init", "--quiet", "--initial-branch=one")
    git("add", "--all")
    git("commit", "--quiet", "--message=one")
    git("checkout", "--quiet", "-b", "two")
    loop.save("extra", spec(1))
    for number in range(20):
        loop.save(f"idle{number}", spec(0, f"environment: {{ROUND: '{number}'}}"))
    loop.save("idle7", spec(2))
    git("add", "--all")
    git("commit", "--quiet", "--message=two")
    loop.until_ready("extra", 1)
    settled_as(loop, "idle7", 2)
    kept = loop.containers("kept")
    git("checkout", "--quiet", "one")
    loop.until_gone("extra")
    settled_as(loop, "idle7", 0)
    git("checkout", "--quiet", "two")
    loop.until_ready("extra", 1)
    settled_as(loop, "idle7", 2)
    assert loop.containers("kept") == kept
    shutil.rmtree(loop.specs / ".git")
