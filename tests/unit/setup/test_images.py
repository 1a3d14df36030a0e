"""Which images set-up provides, and what a build is told of this machine."""

from pathlib import Path

from reconciler.setup.build_one import arguments
from reconciler.setup.carried import build_arguments, withheld
from reconciler.setup.images import folders, to_run


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
    assert "PATH" not in arguments(folder)


def test_what_looks_like_a_secret_is_not_told_to_a_build_and_named() -> None:
    environ = {"NPM_TOKEN": "x", "MIRROR": "https://me:secret@example.org", "PIP_INDEX_URL": "https://example.org"}
    assert build_arguments([*environ, "UNSET"], environ) == {"PIP_INDEX_URL": "https://example.org"}
    assert withheld([*environ, "UNSET"], environ) == ("MIRROR", "NPM_TOKEN")
