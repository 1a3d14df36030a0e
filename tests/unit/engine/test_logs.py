"""Logs: what a line says, and that no stream can stop who logs."""

import io
import json
import logging
import os
import threading
from collections.abc import Iterator

import pytest

from reconciler.engine.logs import configure, log_event
from reconciler.state.event import Event
from tests.support.beating import eventually

EVENT = Event(
    at=1.0,
    cluster="webapp",
    kind="create",
    subject="webapp-1",
    cause="size 2 to 3",
    duration_seconds=0.25,
)
logger = logging.getLogger("reconciler.tests")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger("reconciler")
    before = (list(root.handlers), root.level, root.propagate)
    yield
    root.handlers[:], root.propagate = before[0], before[2]
    root.setLevel(before[1])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_action_is_one_json_line_with_cause_and_duration() -> None:
    out = io.StringIO()
    logs = configure("json", out)
    log_event(EVENT)
    logs.close()
    line = json.loads(out.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "reconciler.events",
        "message": "create webapp-1: size 2 to 3 (0.25 s)",
        "cluster": "webapp",
        "kind": "create",
        "subject": "webapp-1",
        "cause": "size 2 to 3",
        "result": "done",
        "duration_seconds": 0.25,
        "error": "",
    }


def test_text_is_short_and_a_record_stays_on_its_line() -> None:
    out = io.StringIO()
    logs = configure("text", out)
    log_event(EVENT)
    logger.warning("a name\nwith \x1b[31mtricks", extra={"zone": "az1"})
    logs.close()
    first, second = out.getvalue().splitlines()
    assert first[8:] == " create webapp-1: size 2 to 3 (0.25 s)"
    assert second[8:] == " WARNING a name\\nwith \\x1b[31mtricks zone=az1"


def test_a_terminal_gets_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    logs = configure("text", out)
    logger.info("many words " * 40)
    logs.close()
    assert max(len(line) for line in out.getvalue().splitlines()) <= 80


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_masked(form: str) -> None:
    out = io.StringIO()
    logs = configure("json" if form == "json" else "text", out)
    logger.info("sent token=hunter2 and Bearer hunter2", extra={"token": "hunter2", "db_password": "hunter2"})
    logs.close()
    assert "hunter2" not in out.getvalue()
    assert "***" in out.getvalue()


def test_a_reader_that_takes_nothing_does_not_stop_who_logs() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "r") as reader, os.fdopen(writing, "w") as writer:
        logs = configure("text", writer)

        def say_much() -> None:
            for _ in range(3000):
                logger.info("%s", "x" * 100)

        who_logs = threading.Thread(target=say_much)
        who_logs.start()
        who_logs.join(20)
        waits_for_the_reader = who_logs.is_alive()
        lines = [reader.readline() for _ in range(3000)]
        who_logs.join(20)
        assert not waits_for_the_reader
        assert all(line.rstrip().endswith("x" * 100) for line in lines)
        logs.close()


def test_a_stream_that_fails_is_told_how_much_it_missed() -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                self.full = False
                raise OSError(28, "No space left on device")
            return super().write(text)

    out = Full()
    logs = configure("text", out)
    logger.info("lost")
    assert eventually(lambda: not out.full)
    logger.info("kept")
    logs.close()
    assert "1 log lines were dropped" in out.getvalue()
    assert "kept" in out.getvalue()


def test_a_bug_has_its_traceback_in_the_log() -> None:
    out = io.StringIO()
    logs = configure("json", out)
    try:
        dict[str, str]()["it"]
    except KeyError:
        logger.exception("failed")
    logs.close()
    assert "KeyError" in json.loads(out.getvalue())["traceback"]
