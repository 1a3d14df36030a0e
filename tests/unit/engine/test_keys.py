"""The environment's own ssh key: right by the RFC and by OpenSSH, one file for everybody."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.engine.ed25519 import public_key
from reconciler.engine.keys import KeyFile, private_text
from reconciler.errors import PermanentError


@pytest.mark.parametrize(
    ("seed", "public"),
    [  # RFC 8032, 7.1
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ],
)
def test_the_public_half_is_the_rfcs(seed: str, public: str) -> None:
    assert public_key(bytes.fromhex(seed)).hex() == public


def test_openssh_reads_what_was_made_and_agrees_about_the_public_half(tmp_path: Path) -> None:
    assert shutil.which("ssh-keygen"), "install openssh-client (make tools)"
    made = KeyFile(tmp_path / "key")
    line = made.public_line()
    command = ["ssh-keygen", "-y", "-f", str(made.path)]
    assert subprocess.run(command, check=True, capture_output=True).stdout == line
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_the_key_stays_once_it_is_made_and_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    made = KeyFile(tmp_path / "state" / "key")
    assert made.public_line() == made.public_line() == KeyFile(made.path).public_line()
    assert [path.name for path in made.path.parent.iterdir()] == ["key"]


def test_many_at_once_end_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        lines = list(pool.map(lambda _: KeyFile(tmp_path / "key").public_line(), range(16)))
    assert len(set(lines)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("text", ["", "no key\n", private_text(b"\0" * 32, check=1)[:200], "\xff"])
def test_a_file_that_is_no_key_is_left_alone_and_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(PermanentError, match=r"key is no ed25519 key .* remove it"):
        KeyFile(path).public_line()
    assert path.read_text(encoding="latin-1") == text


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(PermanentError, match="the environment's ssh key is kept there"):
        KeyFile(tmp_path / "state" / "key").public_line()
