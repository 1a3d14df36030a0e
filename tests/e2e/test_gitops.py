"""The pages that people copy commands from, run as they stand: the CI job of the how-to, and the tutorial."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.loop_process import ROOT, LoopProcess, Ran
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

HOW_TO = (ROOT / "docs/how-to/gitops.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorials/first-cluster.md").read_text(encoding="utf-8")
STEPS = dict(re.findall(r"<!-- test: (\w+) -->\n```sh\n(.*?)```", HOW_TO, re.DOTALL))


@pytest.fixture
def alone(engine: str, tmp_path: Path) -> Iterator[LoopProcess]:
    """An environment in which no loop runs yet; its specs are ./specs, as on the pages."""
    process = LoopProcess(engine, tmp_path)
    del process.variables["RECONCILER_SPECS"]
    try:
        yield process
    finally:
        process.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the CI system has fetched."""
    (tmp_path / "checkout/specs").mkdir(parents=True)
    return tmp_path / "checkout"


def test_the_job_for_ci_runs_the_commands_of_the_page() -> None:
    job = YAML(typ="safe").load(re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)[0])
    runs = {step["name"]: step["run"] for step in job["jobs"]["environment"]["steps"] if "run" in step}
    assert runs == {name: text for name, text in STEPS.items() if name != "once"}


def test_a_ci_job_validates_plans_applies_waits_and_fails_rightly(loop: LoopProcess, checkout: Path) -> None:
    """From a pull request over its merge to one that is broken, and one that never gets ready."""

    def step(name: str) -> Ran:
        return loop.shell(STEPS[name], directory=checkout)

    specs = checkout / "specs"
    (specs / "web.yaml").write_text(spec(1))
    (specs / "idle.yaml").write_text(spec(0))
    assert step("validate").code == 0
    planned = step("plan")
    assert planned.code == 0, planned.err
    assert "create web-1" in planned.out
    assert loop.containers() == {}
    applied = step("apply")
    assert applied.code == 0, applied.err
    assert loop.numbers("web") == [1]
    again = step("plan")
    assert again.code == 0
    assert "Nothing to do" in again.out

    (specs / "web.yaml").write_text("image: a\nsizes: 1\n")
    broken = step("validate")
    assert broken.code == 1
    assert "specs/web.yaml:2:1: sizes: unknown key; did you mean `size`?" in broken.err
    assert step("plan").code == 1
    assert step("apply").code == 1
    assert loop.numbers("web") == [1]

    (specs / "web.yaml").write_text(spec(1, "health: {tcp: {port: 9}, start: 60s}"))
    shorter = STEPS["apply"].replace("5m", "3s")
    late = loop.shell(shorter, directory=checkout)
    assert late.code == 3
    assert "web: " in late.err
    explained = step("explain")
    assert explained.code == 0, explained.err
    assert "web" in explained.out
    (specs / "web.yaml").write_text(spec(1))
    (specs / "idle.yaml").unlink()
    assert step("apply").code == 0
    loop.until_gone("idle")
    assert loop.shell("reconciler plan specs/ --nonsense || test $? -eq 2", directory=checkout).code == 1


def test_a_job_without_a_loop_leaves_nothing(alone: LoopProcess) -> None:
    alone.save("web", spec(1))
    ran = alone.shell(STEPS["once"])
    assert ran.code == 0, ran.err
    assert "1 container" in ran.out
    assert alone.containers(every=True) == {}


def test_the_tutorial_works_as_it_is_written(alone: LoopProcess) -> None:
    """Its blocks one after another in one directory; what each has to have shown is looked for after it."""
    blocks = re.findall(r"```sh\n(.*?)```", TUTORIAL, re.DOTALL)
    wanted = [
        "hello.yaml",
        "1 spec, no problems",
        "hello2",
        "hello3",
        "Nothing to do",
        "exit code 1",
        "1 spec",
        "create",
        "",
        "",
    ]
    assert len(blocks) == len(wanted)
    try:
        for block, sign in zip(blocks, wanted, strict=True):
            ran = alone.shell(block, seconds=90)
            assert ran.code == 0, f"{block}\n{ran.out}\n{ran.err}\n{alone.log_tail()}"
            assert sign in ran.out, f"{block}\n{ran.out}"
    finally:
        alone.cli("stop")
    assert alone.containers(every=True) == {}
