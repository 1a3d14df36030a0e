"""`reconciler zone`: through the loop, and without one straight into the store."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.engine.lock import acquire
from reconciler.engine.store import FILE_NAME, Store
from reconciler.state.image import Image
from reconciler.state.zones import ClosedZone
from tests.support.fake_engine import FakeEngine
from tests.unit.cli.conftest import FakeLoop, Run

SPEC = "image: debian:bookworm-slim\nsize: 2\nzones: [az1, az2]\n"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, specs: Path) -> None:
    """An engine without containers, and one spec; no loop runs."""
    (specs / "web.yaml").write_text(SPEC)
    images = {"debian:bookworm-slim": Image(id="sha256:d")}
    monkeypatch.setattr("reconciler.loop.offline.connect", lambda _: FakeEngine(images=images))


def test_a_loop_is_asked_to_close_and_to_open(run: Run, loop: FakeLoop) -> None:
    loop.remarks = ("db: it keeps data in az2",)
    result = run("zone", "close", "az2", "--for", "10m", "--why", "a disk")
    assert (result.exit_code, result.stdout) == (0, "zone az2: closed for 600 s\n")
    assert "it keeps data in az2" in result.stderr
    loop.world = replace(loop.world, closed_zones=(ClosedZone(zone="az2", since=1.0),))
    assert run("zone", "open", "az2").stdout == "zone az2: open\n"
    assert run("zone", "open", "az1").stdout == "zone az1: was open already\n"
    assert loop.asked == ["close_zone az2 600.0 'a disk'", "open_zone az2", "open_zone az1"]


def test_without_a_loop_the_next_one_finds_it_closed(run: Run, engine: None, tmp_path: Path) -> None:
    closed = run("zone", "close", "az2", "--why", "a disk")
    assert (closed.exit_code, closed.stdout) == (0, "zone az2: closed\n")
    assert "no loop is running" in closed.stderr
    assert "zone az2 (a disk); to open it: reconciler zone open az2" in run("status").stdout
    plan = json.loads(run("plan", "-o", "json").stdout)
    assert [action["zone"] for each in plan["plans"] for action in each["actions"] if "zone" in action] in (
        [],
        ["az1"] * 2,
    )
    rows = json.loads(run("zone", "list", "-o", "json").stdout)
    assert [(row["zone"], row["closed"], row["why"]) for row in rows] == [("az1", False, ""), ("az2", True, "a disk")]
    assert run("zone", "open", "az2").stdout == "zone az2: open\n"
    store = Store(tmp_path / "state" / FILE_NAME, lambda _: None)
    assert [event.kind for event in store.events()] == ["zone", "zone"]
    assert store.notes() == {}
    store.close()


def test_under_a_loop_that_does_not_answer_nothing_is_changed(
    run: Run, engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has just started, or it hangs: it would never see what is written into its store."""
    monkeypatch.setattr("reconciler.loop.offline_zones._STAND_BY_SECONDS", 0.0)
    with acquire(FakeEngine().info().id, "dev"):
        for words in ("close", "open"):
            refused = run("zone", words, "az2")
            assert refused.exit_code == 1
            assert f"nothing was changed: process {os.getpid()} runs environment dev" in refused.stderr
    rows = json.loads(run("zone", "list", "-o", "json").stdout)
    assert not any(row["closed"] for row in rows)


def test_closing_the_last_zone_warns(run: Run, engine: None) -> None:
    run("zone", "close", "az1")
    assert "web: no open zone is left" in run("zone", "close", "az2").stderr


def test_a_zone_that_nobody_has_is_a_usage_error(run: Run, engine: None) -> None:
    for command in ("close", "open"):
        result = run("zone", command, "az9")
        assert result.exit_code == 64
        assert "no zone 'az9'; there are az1, az2" in result.stderr


@pytest.mark.parametrize("duration", ["0s", "soon", "-5s"])
def test_a_time_that_cannot_be_is_a_usage_error(run: Run, engine: None, duration: str) -> None:
    assert run("zone", "close", "az1", f"--for={duration}").exit_code == 64


def test_the_list_counts_who_runs_and_is_ready(run: Run, loop: FakeLoop) -> None:
    loop.world = replace(loop.world, closed_zones=(ClosedZone(zone="az3", since=1.0, until=2.0, why="a disk"),))
    lines = run("zone", "list").stdout.splitlines()
    assert lines[0].split() == ["ZONE", "STATE", "INSTANCES", "READY", "CLUSTERS"]
    assert lines[1].split() == ["az1", "open", "3", "3", "auth,", "webapp"]
    assert lines[3].split() == ["az3", "closed", "1", "1", "auth,", "webapp"]
    assert lines[4].startswith("  closed since ")
    assert lines[4].endswith("(a disk)")
