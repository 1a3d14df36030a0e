"""`console`: the address with its token, for a person; the token alone, for scripts; a new one."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.cli.conftest import FakeLoop, Run

URL = "http://127.0.0.1:8600"


@pytest.fixture
def with_console(loop: FakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    told: Mapping[str, str] = {**loop.info(), "console": URL}
    monkeypatch.setattr(loop, "info", lambda: told)


def test_it_prints_the_address_with_the_token_in_its_fragment(run: Run, with_console: None, tmp_path: Path) -> None:
    shown = run("console").stdout.strip()
    file = tmp_path / "state" / "token"

    assert shown == f"{URL}/sign-in#{file.read_text().strip()}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("console").stdout.strip() == shown


def test_a_new_token_takes_the_place_of_the_old_one(run: Run, with_console: None) -> None:
    before = run("console", "--token").stdout.strip()
    after = run("console", "--token", "--renew").stdout.strip()

    assert len(before) == len(after) == 43
    assert before != after
    assert run("console").stdout.strip() == f"{URL}/sign-in#{after}"


def test_a_loop_without_a_console_says_how_to_have_one(run: Run, loop: FakeLoop) -> None:
    result = run("console")
    assert result.exit_code == 1
    assert "reconciler run --console" in result.stderr


def test_without_a_loop_it_says_so(run: Run) -> None:
    result = run("console")
    assert result.exit_code == 1
    assert "no loop" in result.stderr.lower()
