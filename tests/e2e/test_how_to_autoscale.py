"""The how-to about autoscaling, run as it stands: its file, its steps."""

import pytest

from tests.support.how_to import HowTo
from tests.support.loop_process import LoopProcess

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


def test_the_page_scales_a_worker_out_and_in(alone: LoopProcess) -> None:
    page = HowTo("autoscale.md", alone)
    page.step("start")
    alone.until(lambda: "MetricMissing" in alone.condition("worker", "Scaling"), 20, "nobody tells it")
    assert "queue_length" in page.step("missing").out
    assert alone.numbers("worker") == [1]

    page.step("load")
    alone.until_ready("worker", 3)
    looked = page.step("look").out
    assert "queue_length" in looked
    assert "othing to do" in looked
    assert "size: 1\n" in page.place("specs/worker.yaml").read_text(encoding="utf-8")

    page.step("quiet")
    alone.until_ready("worker", 1)
    page.step("down")
    assert alone.containers(every=True) == {}
    assert page.left == []
