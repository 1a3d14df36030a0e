"""Which images set-up provides, and what a build is told of this machine."""

from pathlib import Path

from reconciler.setup.carried import build_arguments
from reconciler.setup.images import _arguments, folders, to_run


def test_set_up_provides_only_what_is_needed_to_run() -> None:
    names = {folder.directory.name for folder in to_run(folders())}
    assert "base" in names
    assert not names & {"etcd", "coredns"}


def test_every_image_can_be_built_by_name() -> None:
    assert {"base", "etcd", "coredns"} <= {folder.directory.name for folder in folders()}


def test_a_build_gets_the_declared_arguments_that_this_machine_has_set() -> None:
    environ = {"GOPROXY": "https://modules.example.org", "HOME": "/root", "GOSUMDB": ""}
    assert build_arguments(["GOPROXY", "GOSUMDB", "OTHER"], environ) == {"GOPROXY": "https://modules.example.org"}


def test_a_build_gets_the_proxies_without_declaring_them() -> None:
    environ = {"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost"}
    assert build_arguments([], environ) == environ


def test_an_address_with_a_password_is_not_told_to_a_build() -> None:
    assert build_arguments(["GOPROXY"], {"GOPROXY": "https://me:secret@modules.example.org"}) == {}


def test_arguments_with_a_value_of_their_own_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "Dockerfile").write_text("FROM x\nARG GOPROXY\nARG PATH=/bin\n")
    (folder,) = folders(tmp_path)
    assert "PATH" not in _arguments(folder)
