"""The how-to about drills in CI, run as it stands: its files, its steps, its job."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.loop_process import ROOT, LoopProcess, Ran

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

HOW_TO = (ROOT / "docs/how-to/test-resilience-in-ci.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", HOW_TO, re.DOTALL))
STEPS = dict(re.findall(r"<!-- test: (\w+) -->\n```sh\n(.*?)```", HOW_TO, re.DOTALL))
JOB = YAML(typ="safe").load(re.findall(r"(?<!-->\n)```yaml\n(name: resilience.*?)```", HOW_TO, re.DOTALL)[0])
# The page names an environment; a test has one of its own.
NAMED = "export RECONCILER_ENV=ci\n"


@pytest.fixture
def runner(engine: str, tmp_path: Path) -> Iterator[LoopProcess]:
    """A checkout with the page's files; no loop runs yet."""
    made = LoopProcess(engine, tmp_path)
    del made.variables["RECONCILER_SPECS"]
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    try:
        yield made
    finally:
        made.cli("stop")
        made.close()


def test_the_job_runs_the_commands_of_the_page() -> None:
    runs = {step["name"]: step["run"].rstrip("\n") for step in JOB["jobs"]["drill"]["steps"] if "run" in step}
    assert runs == {name: text.replace(NAMED, "").rstrip("\n") for name, text in STEPS.items() if name != "leashed"}


def test_the_steps_of_the_page_break_the_environment_and_find_it_whole(runner: LoopProcess) -> None:
    def step(name: str) -> Ran:
        ran = runner.shell(STEPS[name].replace(NAMED, ""), seconds=120)
        assert ran.code == 0, f"{name}: {ran.out}\n{ran.err}"
        return ran

    assert "no problems" in step("validate").out
    step("start")
    before = runner.containers("site")
    assert "gorilla" in step("leashed").out
    assert runner.containers("site") == before
    step("drill")
    report = json.loads((runner.root / "reports/zone/report.json").read_text(encoding="utf-8"))
    assert report["passed"]
    assert [fault["kind"] for fault in report["faults"]] == ["gorilla", "freeze"]
    page = (runner.root / "reports/zone/report.html").read_text(encoding="utf-8")
    assert "One of three zones dies" in page
    step("down")
    assert runner.containers(every=True) == {}


def test_a_drill_whose_expectation_is_not_met_fails_the_job(runner: LoopProcess) -> None:
    drill = runner.root / "drills/zone.yaml"
    stern = drill.read_text(encoding="utf-8").replace("within: 20s", "within: 10ms")
    steps, _, rest = stern.partition("steps:")
    shorter = rest[rest.index("expect:") :]
    drill.write_text(f"{steps}steps:\n  - monkey: {{cluster: site}}\n  - until: ready\n    within: 30s\n{shorter}")
    started = runner.shell(STEPS["start"].replace(NAMED, ""), seconds=120)
    assert started.code == 0, started.err
    ran = runner.shell(STEPS["drill"], seconds=120)
    assert ran.code == 1
    assert "recovered" in ran.out + ran.err
    assert runner.shell(STEPS["down"]).code == 0
