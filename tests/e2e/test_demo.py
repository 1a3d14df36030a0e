"""The demo from end to end: what it tells, how it ends, and that nothing of it stays, whatever ends it."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.docker import connect

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
ENV = "e2edemo"
COMMAND = [sys.executable, "-m", "reconciler.cli.main", "demo", "--env", ENV]
SECONDS = 90.0


@pytest.fixture
def place(engine: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of variables in which the demo keeps its state in this test's directory."""
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "DOCKER_HOST": engine, "TERM": "xterm"}
    yield environ
    assert left(engine, tmp_path) == []


def left(engine: str, state: Path) -> list[str]:
    """What the engine, the disk and the process table still have of it."""
    docker = connect(engine)
    try:
        found = docker.inventory(ENV)
    finally:
        docker.close()
    owned = [*found.containers, *found.networks, *found.volumes]
    return [thing.name for thing in owned] + [str(path) for path in state.iterdir()] + loops()


def loops() -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "run" in words and ENV in words:
            found.append(" ".join(words))
    return found


def begin(place: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        COMMAND, env=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_until(demo: "subprocess.Popen[str]", words: str) -> str:
    """Its output up to the line with these words."""
    assert demo.stdout is not None
    told = ""
    for line in demo.stdout:
        told += line
        if words in line:
            return told
    pytest.fail(f"{words!r} was never told:\n{told}")


def test_without_a_terminal_it_tells_each_recovery_and_ends_well(place: dict[str, str], tmp_path: Path) -> None:
    picture = tmp_path.parent / f"{tmp_path.name}.svg"
    done = subprocess.run(
        [*COMMAND, "--picture", str(picture)],
        env=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for did in ("Start the loop", "Read hello.yaml", "Save it with size 5", "Kill hello2", "Freeze hello4", "Clear up"):
        assert re.search(rf"^  {did} .* [0-9]+\.[0-9] s$", done.stdout, re.MULTILINE), did
    assert "All went well" in done.stdout
    assert "suspect" in picture.read_text()


@pytest.mark.parametrize("stage", ["Watch it from", "Start the loop", "Save it with size 5"])
def test_ctrl_c_clears_everything_up(place: dict[str, str], stage: str) -> None:
    demo = begin(place)
    read_until(demo, stage)
    demo.send_signal(signal.SIGINT)
    demo.send_signal(signal.SIGINT)
    said = demo.communicate(timeout=SECONDS)[0]
    assert demo.returncode == 130
    assert "Clear up" in said
    assert "Traceback" not in said


def test_a_second_demo_says_that_one_runs_and_what_a_killed_one_left_is_cleared(place: dict[str, str]) -> None:
    first = begin(place)
    read_until(first, "Read hello.yaml")
    second = subprocess.run(COMMAND, env=place, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert second.returncode == 1
    assert f"another demo is running (pid {first.pid})" in second.stderr
    first.kill()
    first.communicate()
    third = begin(place)
    assert "that an earlier demo" in read_until(third, "Start the loop")
    third.terminate()
    third.communicate(timeout=SECONDS)
    assert third.returncode == 128 + signal.SIGTERM


def test_on_a_terminal_the_dashboard_stays_open_until_q(place: dict[str, str]) -> None:
    master, slave = pty.openpty()
    demo = subprocess.Popen(
        COMMAND, env={**place, "COLUMNS": "100", "LINES": "30"}, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    deadline = time.monotonic() + SECONDS
    asked = False
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 1.0)[0]:
            continue
        try:
            shown += os.read(master, 65536)
        except OSError:  # the other side is closed: it has ended
            break
        if not asked and b"q ends the demo and clears up" in shown:
            os.write(master, b"q")
            asked = True
    os.close(master)
    assert asked, shown.decode(errors="replace")[-2000:]
    assert demo.wait(SECONDS) == 0
    assert b"All went well" in shown
