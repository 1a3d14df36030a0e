"""The token file: private, whole from its first moment, and read anew when it is another one."""

import os
import stat
from pathlib import Path

import pytest

from reconciler.api.http.token import WRONG_A_MINUTE, Attempts, TokenFile, renew
from reconciler.errors import UsageError


def test_a_token_is_made_when_first_needed_for_its_owner_alone(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "state" / "token")
    value = file.value()
    assert len(value) >= 40
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert TokenFile(file.path).value() == value
    assert [one.name for one in file.path.parent.iterdir()] == ["token"]


def test_only_the_token_matches(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    assert file.matches(file.value())
    assert not any(file.matches(text) for text in ("", file.value()[:-1], file.value() + "x", "\udcff", "größe"))


def test_a_renewed_token_counts_at_once_and_the_old_one_no_more(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    old = file.value()
    new = renew(file.path)
    assert new != old
    assert file.matches(new)
    assert not file.matches(old)


def test_a_deleted_token_is_made_anew(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    old = file.value()
    file.path.unlink()
    assert file.value() != old


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.value()
    file.path.chmod(0o640)
    with pytest.raises(UsageError, match="may be read by others"):
        file.value()


@pytest.mark.parametrize("text", ["", "short", "\n" * 200])
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="holds no token"):
        TokenFile(path).value()


def test_a_link_and_a_pipe_are_no_token(tmp_path: Path) -> None:
    real = TokenFile(tmp_path / "real")
    real.value()
    link = tmp_path / "link"
    link.symlink_to(real.path)
    with pytest.raises(UsageError, match="is a link: delete it"):
        TokenFile(link).value()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(UsageError, match="our own file"):
        TokenFile(pipe).value()


def test_wrong_tokens_are_slowed_down_after_ten_in_a_minute() -> None:
    attempts = Attempts()
    assert [attempts.refuse_for(100.0 + n) for n in range(WRONG_A_MINUTE)] == [None] * WRONG_A_MINUTE
    assert attempts.refuse_for(110.0) == 50.0
    assert attempts.refuse_for(160.5) is None
    assert attempts.refuse_for(160.5) == 0.5
