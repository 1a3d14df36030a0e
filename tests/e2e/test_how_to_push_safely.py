"""The how-to about pushing safely, run as it stands: its file, its steps."""

import pytest

from reconciler.plan.status import Phase
from tests.support.how_to import HowTo
from tests.support.loop_process import LoopProcess

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


def phase(process: LoopProcess) -> tuple[str, str]:
    """How far the site's rollout is, and of which revision."""
    row = process.cluster("site")
    return (row.rollout.phase, row.rollout.revision) if row is not None and row.rollout is not None else ("", "")


def serving(process: LoopProcess) -> set[str]:
    """The revisions that the site's name leads to."""
    row = process.cluster("site")
    return {one.revision for one in row.instances if one.serving} if row is not None else set()


def test_the_page_goes_through_each_way_to_push_and_back(alone: LoopProcess) -> None:
    page = HowTo("push-safely.md", alone)
    file = page.place("specs/site.yaml")
    page.step("start")

    page.step("change")
    assert serving(alone) == {"v001"}
    stayed = alone.containers("site")
    assert "exit code 4" in page.step("broken").out
    alone.until(lambda: phase(alone)[0] == Phase.ROLLED_BACK, what="it is taken back")
    assert alone.containers("site").items() >= stayed.items()
    history = page.step("undo").out
    assert "v002" in history
    assert '"8000"' in file.read_text(encoding="utf-8")
    assert serving(alone) == {"v001"}

    page.step("red_black")
    alone.until(lambda: serving(alone) == {"v003"}, 40, "traffic has moved")
    page.step("instant")
    assert serving(alone) == {"v001"}

    assert "exit code 3" in page.step("judged").out
    assert phase(alone) == (Phase.JUDGING, "v004")
    assert serving(alone) == {"v001"}
    page.step("refused")
    assert serving(alone) == {"v001"}

    assert "exit code 3" in page.step("canary").out
    assert serving(alone) == {"v001", "v005"}
    page.step("promote")
    assert serving(alone) == {"v005"}

    paused = page.step("pause").out
    assert "paused" in paused
    page.step("ci")
    assert serving(alone) == {"v006"}
    page.step("down")
    assert alone.containers(every=True) == {}
    assert page.left == []
