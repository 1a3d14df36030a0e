"""What is read is a regular file inside the directory, once, without waiting; all else is one problem."""

import os
import socket
from pathlib import Path

import pytest

from reconciler.errors import SpecError
from reconciler.spec.read import FileBytes, read_spec

TEXT = b"image: a\nsize: 1\n"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    made = tmp_path / "specs"
    made.mkdir()
    return made


def refusal(path: Path, directory: Path | None = None) -> str:
    with pytest.raises(SpecError) as refused:
        read_spec(path, directory=directory)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.column) == (str(path), 1, 1)
    return f"{problem.problem}; {problem.fix}"


def read(path: Path) -> FileBytes:
    found = read_spec(path)
    assert found is not None
    return found


def test_a_regular_file_is_read(specs: Path) -> None:
    (specs / "a.yaml").write_bytes(TEXT)
    found = read(specs / "a.yaml")
    status = (specs / "a.yaml").stat()
    assert found.data == TEXT
    assert (found.identity.inode, found.identity.size) == (status.st_ino, len(TEXT))


def test_identity_changes_with_the_content(specs: Path) -> None:
    path = specs / "a.yaml"
    path.write_bytes(TEXT)
    before = read(path)
    assert read(path) == before
    path.write_bytes(TEXT + b"# more\n")
    assert read(path).identity != before.identity


def test_a_name_that_is_gone_is_no_error(specs: Path) -> None:
    assert read_spec(specs / "a.yaml") is None


def test_a_directory_that_is_gone_is_no_error_either(specs: Path) -> None:
    assert read_spec(specs / "no" / "a.yaml") is None


def test_a_directory_is_refused(specs: Path) -> None:
    (specs / "a.yaml").mkdir()
    said = refusal(specs / "a.yaml")
    assert said == "not a regular file but a directory; a spec is a regular file; move this away"


def test_a_fifo_is_refused_without_waiting_for_a_writer(specs: Path) -> None:
    os.mkfifo(specs / "a.yaml")
    said = refusal(specs / "a.yaml")
    assert said == "not a regular file but a FIFO; a spec is a regular file; move this away"


def test_a_socket_is_refused(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(specs)  # a socket's path has a short limit
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("a.yaml")
        said = refusal(specs / "a.yaml")
    assert said == "not a regular file but a socket; a spec is a regular file; move this away"


def test_a_link_to_a_device_is_refused(specs: Path) -> None:
    (specs / "a.yaml").symlink_to("/dev/zero")
    assert refusal(specs / "a.yaml") == (
        "not a regular file of this directory: it leads to /dev/zero; copy the file into the directory"
    )


def test_a_link_out_of_the_directory_is_refused(specs: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_bytes(TEXT)
    (specs / "a.yaml").symlink_to("../outside.yaml")
    assert "not a regular file of this directory: it leads to " in refusal(specs / "a.yaml")


def test_a_neighbour_with_the_same_beginning_is_outside(specs: Path, tmp_path: Path) -> None:
    (tmp_path / "specs-old").mkdir()
    (tmp_path / "specs-old" / "a.yaml").write_bytes(TEXT)
    (specs / "a.yaml").symlink_to(tmp_path / "specs-old" / "a.yaml")
    assert "it leads to" in refusal(specs / "a.yaml")


def test_a_link_that_leads_nowhere_is_refused(specs: Path) -> None:
    (specs / "a.yaml").symlink_to("gone.yaml")
    said = refusal(specs / "a.yaml")
    assert said == "a symbolic link that leads nowhere; restore its target or remove the link"


def test_links_in_a_circle_are_refused(specs: Path) -> None:
    (specs / "a.yaml").symlink_to("b.yaml")
    (specs / "b.yaml").symlink_to("a.yaml")
    assert refusal(specs / "a.yaml").startswith("can't be read: its links go in a circle; ")


def test_a_config_map_style_swap_is_followed(specs: Path) -> None:
    """`a.yaml -> ..data/a.yaml`, `..data -> ..one`; then `..data` is exchanged in one step."""
    for version in ("..one", "..two"):
        (specs / version).mkdir()
        (specs / version / "a.yaml").write_bytes(TEXT + version.encode())
    (specs / "..data").symlink_to("..one")
    (specs / "a.yaml").symlink_to("..data/a.yaml")
    assert read(specs / "a.yaml").data.endswith(b"..one")
    (specs / "..new").symlink_to("..two")
    (specs / "..new").rename(specs / "..data")
    assert read(specs / "a.yaml").data.endswith(b"..two")


def test_a_watched_directory_may_itself_be_a_link(specs: Path, tmp_path: Path) -> None:
    (specs / "a.yaml").write_bytes(TEXT)
    (tmp_path / "current").symlink_to(specs)
    assert read(tmp_path / "current" / "a.yaml").data == TEXT


def test_a_file_above_the_limit_is_refused_with_its_size(specs: Path) -> None:
    (specs / "a.yaml").write_bytes(b"#" * 2_000_000)
    said = refusal(specs / "a.yaml")
    assert said == "2000000 bytes; the limit is 64 KiB; a spec describes one cluster: split it"


def test_a_sparse_file_of_a_terabyte_costs_nothing(specs: Path) -> None:
    with (specs / "a.yaml").open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(specs / "a.yaml").startswith(f"{1 << 40} bytes; ")


def test_a_file_exactly_at_the_limit_is_read(specs: Path) -> None:
    (specs / "a.yaml").write_bytes(b"#" * 65536)
    assert len(read(specs / "a.yaml").data) == 65536


def test_a_file_that_may_not_be_read_says_so(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal comes from the call itself."""
    (specs / "a.yaml").write_bytes(TEXT)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert refusal(specs / "a.yaml") == ("can't be read: permission denied; check the file and its permissions")


def test_a_file_that_grows_while_it_is_read_is_not_taken(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = specs / "a.yaml"
    path.write_bytes(TEXT)
    real = os.read

    def read_and_grow(descriptor: int, count: int) -> bytes:
        data = real(descriptor, count)
        if data == TEXT:
            with path.open("ab") as file:
                file.write(b"zones: [a]\n")
        return data

    monkeypatch.setattr(os, "read", read_and_grow)
    assert refusal(path) == "it was being written while it was read; finish writing; it is read again then"


def test_no_descriptor_is_left_open(specs: Path) -> None:
    (specs / "a.yaml").write_bytes(b"#" * 70_000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        refusal(specs / "a.yaml")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
