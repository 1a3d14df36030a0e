"""What a tier counts of itself, and the file in which its agent reads it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from acmeair import metrics
from acmeair.metrics import Counts, keep_written


def test_answers_are_counted_and_those_that_were_our_fault() -> None:
    counts = Counts()
    for status in (200, 304, 404, 500, 503):
        counts.note(status)
    assert counts.text() == "requests_total 5\nerrors_total 2\n"


class EnoughError(Exception):
    """Ends what else goes on for ever."""


def write_times(
    monkeypatch: pytest.MonkeyPatch, counts: Counts, path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    """Let it write, and do one thing of `meanwhile` after each time."""
    write, left = metrics._write, list(meanwhile)

    def next_write(to: str, text: str) -> None:
        try:
            write(to, text)
        finally:
            if not left:
                raise EnoughError
            left.pop(0)()

    monkeypatch.setattr(metrics, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(metrics, "_write", next_write)
    with pytest.raises(EnoughError):
        asyncio.run(keep_written(counts, str(path)))


def test_the_file_is_written_over_and_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, counts, read = tmp_path / "metrics", Counts(), list[str]()
    write_times(
        monkeypatch, counts, file, [lambda: read.append(file.read_text()), lambda: counts.note(200), lambda: None]
    )
    assert read == ["requests_total 0\nerrors_total 0\n"]
    assert file.read_text() == "requests_total 1\nerrors_total 0\n"
    assert [found.name for found in tmp_path.iterdir()] == ["metrics"]


def test_a_place_that_cannot_be_written_is_said_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "later" / "metrics"
    write_times(monkeypatch, Counts(), file, [lambda: None, file.parent.mkdir, lambda: None])
    assert file.exists()
    said = capsys.readouterr().out
    assert (said.count("event=unwritable"), said.count("event=written")) == (1, 1)


def test_without_a_path_there_is_nothing_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(keep_written(Counts(), ""))
    assert "part=metrics event=off" in capsys.readouterr().out
