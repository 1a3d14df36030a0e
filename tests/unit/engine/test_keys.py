"""The environment's own ssh key: right by OpenSSH, one file for everybody."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reconciler.engine.keys import KeyFile, private_text
from reconciler.errors import PermanentError

RSA = (
    rsa.generate_private_key(65537, 1024)  # small, because nobody ever uses it
    .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    .decode()
)


def test_openssh_reads_what_was_made_and_agrees_about_the_public_half(tmp_path: Path) -> None:
    assert shutil.which("ssh-keygen"), "install openssh-client (make tools)"
    made = KeyFile(tmp_path / "key")
    line = made.public_line()
    command = ["ssh-keygen", "-y", "-f", str(made.path)]
    assert subprocess.run(command, check=True, capture_output=True).stdout.split() == line.split()[:2]
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


@pytest.mark.parametrize("text", ["", "no key\n", private_text().decode()[:200], "\xff", RSA])
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
