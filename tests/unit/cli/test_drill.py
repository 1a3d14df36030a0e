"""`drill` and what goes with it, as far as it gets without an engine: files, places, exit codes."""

import json
import signal
from pathlib import Path
from threading import Event

import pytest

from reconciler.cli.drilling import _prepare
from reconciler.cli.undoing import asked_to_end
from tests.unit.cli.conftest import FakeLoop, Run

GOOD = "kind: Drill\nsteps: [wait: 1s]\n"
BAD = "kind: Drill\nsteps:\n  - wait: 1\n  - until: ready\n"
SPEC = "image: nginx:1.27\nsize: 1\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "zone.yaml"
    path.write_text(GOOD)
    return path


def test_a_drill_that_is_not_there_is_a_usage_error(run: Run) -> None:
    result = run("drill", "missing.yaml")
    assert (result.exit_code, result.stderr) == (64, "Error: missing.yaml: no such file\n")


def test_a_bad_drill_is_told_with_every_problem_before_a_loop_is_asked_for(run: Run, file: Path) -> None:
    file.write_text(BAD)
    result = run("drill", "zone.yaml")
    assert result.exit_code == 1
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == [
        "zone.yaml:3:11",
        "zone.yaml:4:5",
        "Error",
    ]


def test_without_a_loop_a_drill_says_what_it_needs(run: Run, file: Path) -> None:
    result = run("drill", str(file))
    assert result.exit_code == 1
    assert "a drill needs the environment's loop; start it with `reconciler run`" in result.stderr


def test_a_report_among_the_specs_is_a_usage_error(run: Run, file: Path, loop: FakeLoop, specs: Path) -> None:
    result = run("drill", str(file), "--unleash", "--report", str(specs / "out"))
    assert result.exit_code == 64
    assert "which the loop watches; give another directory with --report" in result.stderr
    assert not (specs / "out").exists()


def test_a_report_that_is_a_file_is_a_usage_error(run: Run, file: Path, loop: FakeLoop) -> None:
    result = run("drill", str(file), "--unleash", "--report", str(file))
    assert (result.exit_code, "is no directory; give one with --report" in result.stderr) == (64, True)


def test_what_an_earlier_drill_left_in_the_reports_directory_is_gone(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    for name in ("report.html", "history.jsonl", "clients.log", "mine.txt"):
        (place / name).write_text("of the one before")
    _prepare(place)
    assert sorted(path.name for path in place.iterdir()) == ["mine.txt", "report.json"]
    told = json.loads((place / "report.json").read_text())
    assert (told["type"], told["passed"]) == ("reconciler/drill/v1", False)


def test_signals_are_kept_for_the_drill_only_while_it_is_done() -> None:
    stop, before = Event(), signal.getsignal(signal.SIGINT)
    with asked_to_end(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
    assert signal.getsignal(signal.SIGINT) is before


def test_without_an_engine_a_sentence_says_so(run: Run, file: Path, loop: FakeLoop) -> None:
    result = run("drill", str(file), "--unleash")
    assert result.exit_code == 1
    assert "is Docker running here?" in result.stderr
    assert "Traceback" not in result.output


def test_validate_takes_drills_beside_specs(run: Run, file: Path, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(SPEC)
    assert run("validate", "zone.yaml").stdout == "1 drill, no problems\n"
    assert run("validate", "zone.yaml", "web.yaml").stdout == "1 spec and 1 drill, no problems\n"
    assert run("validate", "zone.yaml", "-o", "json").stdout.startswith('{\n  "valid": true')


def test_validate_knows_the_drills_in_a_directory(run: Run, file: Path, tmp_path: Path) -> None:
    drills = tmp_path / "drills"
    drills.mkdir()
    (drills / "zone.yaml").write_text(GOOD)
    assert run("validate", "drills").stdout == "1 drill, no problems\n"
    (drills / "zone.yaml").write_text(BAD)
    told = run("validate", "drills")
    assert (told.exit_code, len(told.stderr.splitlines())) == (1, 3)


def test_validate_finds_a_drill_where_the_loop_would_take_it_for_a_spec(run: Run, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "web.yaml").write_text(SPEC)
    (mixed / "zone.yaml").write_text(GOOD)
    told = run("validate", "mixed")
    assert told.exit_code == 1
    assert told.stderr.startswith("mixed/zone.yaml:1:1: kind: a drill among specs: a loop that watches this directory ")


def test_validate_tells_what_is_wrong_with_a_drill(run: Run, file: Path) -> None:
    file.write_text(BAD)
    result = run("validate", "zone.yaml", "-o", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["valid"]) == (1, False)
    assert [(problem["line"], problem["column"]) for problem in told["problems"]] == [(3, 11), (4, 5)]


def test_the_schema_of_drills_is_printed(run: Run) -> None:
    assert json.loads(run("schema", "--drill").stdout)["title"] == "Drill"
    assert json.loads(run("schema").stdout)["title"] == "ClusterSpec"
