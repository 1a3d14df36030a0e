"""A file is changed where it is, and is whole whatever goes wrong."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.setup.findings import SetupError
from reconciler.setup.resolving.in_place import COPY_SUFFIX, NotAllowed, edit

OLD = b"nameserver 10.0.0.53\n" * 3
LONGER = b"# ours\n" + OLD
SHORTER = b"# ours\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resolv.conf"
    path.write_bytes(OLD)
    return path


def copy_of(path: Path) -> Path:
    return path.with_name(path.name + COPY_SUFFIX)


@pytest.mark.parametrize("wanted", [LONGER, SHORTER, b""])
def test_the_file_keeps_its_inode_so_that_a_mount_of_it_is_no_obstacle(file: Path, wanted: bytes) -> None:
    file.chmod(0o755)
    before = file.stat()
    assert edit(file, lambda _: wanted)
    assert file.read_bytes() == wanted
    assert (file.stat().st_ino, file.stat().st_mode) == (before.st_ino, before.st_mode)
    assert not copy_of(file).exists()


def test_nothing_is_written_where_nothing_changes(file: Path) -> None:
    before = file.stat().st_mtime_ns
    assert not edit(file, lambda now: now)
    assert file.stat().st_mtime_ns == before


def test_a_link_is_followed_and_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file.name)
    assert edit(link, lambda _: LONGER)
    assert link.is_symlink()
    assert file.read_bytes() == LONGER


def half_then(code: int, calls: list[bytes], failures: int) -> Callable[[int, bytes, int], int]:
    """A disk that takes half of a write and then fails, so many times."""
    real = os.pwrite

    def pwrite(handle: int, data: bytes, offset: int) -> int:
        calls.append(data)
        if len(calls) % 2 and len(calls) < 2 * failures:
            return real(handle, data[: len(data) // 2], offset)
        if len(calls) <= 2 * failures:
            raise OSError(code, os.strerror(code))
        return real(handle, data, offset)

    return pwrite


@pytest.mark.parametrize("wanted", [LONGER, SHORTER])
def test_a_write_that_fails_half_way_leaves_what_was_there(
    file: Path, monkeypatch: pytest.MonkeyPatch, wanted: bytes
) -> None:
    monkeypatch.setattr(os, "pwrite", half_then(errno.ENOSPC, [], 1))
    with pytest.raises(SetupError, match="No space left"):
        edit(file, lambda _: wanted)
    assert file.read_bytes() == OLD
    assert not copy_of(file).exists()


def test_where_even_putting_back_fails_the_copy_stays_and_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", half_then(errno.EIO, [], 2))
    with pytest.raises(SetupError, match=rf"not be put back.*{COPY_SUFFIX} holds it"):
        edit(file, lambda _: LONGER)
    assert copy_of(file).read_bytes() == OLD
    with pytest.raises(SetupError, match="was cut off"):
        edit(file, lambda _: LONGER)


def test_a_directory_that_takes_no_copy_does_not_stop_the_owner_of_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def forbidden(self: Path, mode: str = "r", buffering: int = -1) -> object:
        if mode == "xb":
            raise PermissionError(errno.EACCES, "no", str(self))
        return real(self, mode, buffering)

    monkeypatch.setattr(Path, "open", forbidden)
    assert edit(file, lambda _: LONGER)
    assert file.read_bytes() == LONGER


def test_what_may_not_be_written_is_told_from_what_failed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def readonly(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", readonly)
    with pytest.raises(NotAllowed, match="Read-only file system"):
        edit(file, lambda _: LONGER)


def test_a_file_that_is_not_there_appears_whole_and_readable_by_all(tmp_path: Path) -> None:
    path = tmp_path / "resolver" / "dev.docker"
    assert edit(path, lambda now: b"new" if now is None else b"?")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert edit(path, lambda _: None)
    assert not path.exists()
    assert not edit(path, lambda _: None)
    assert list(path.parent.iterdir()) == []
