"""A bad line between the loop and its engine: nothing is done twice, nobody healthy goes, and all comes right."""

from collections.abc import Iterator

import docker
import pytest

from tests.support.loop_process import LoopProcess
from tests.support.rough_link import RoughLink
from tests.support.spec_text import spec

pytestmark = pytest.mark.engine

MISSED_EVENTS = 260  # more than the 256 that the engine would tell again
SEED = 20_131


@pytest.fixture(scope="module")
def link(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoughLink]:
    made = RoughLink(tmp_path_factory.mktemp("l") / "e.sock", engine.removeprefix("unix://"), seed=SEED)
    yield made
    made.close()


@pytest.fixture(scope="module")
def loop(link: RoughLink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop behind the link, with two instances ready."""
    made = LoopProcess(f"unix://{link.path}", tmp_path_factory.mktemp("loop"), options=("--resync", "2s"))
    try:
        made.save("web", spec(2))
        made.start()
        made.until_ready("web", 2)
        yield made
    finally:
        link.delay_seconds = link.break_share = link.crumb_bytes = 0
        link.mend()
        made.close()


def test_a_slow_line_that_brings_answers_in_crumbs_only_takes_longer(loop: LoopProcess, link: RoughLink) -> None:
    before = loop.containers("web")
    link.delay_seconds, link.crumb_bytes = 0.05, 7
    loop.save("web", spec(3))
    loop.until_ready("web", 3, seconds=60)
    link.delay_seconds, link.crumb_bytes = 0.0, 0
    loop.until_settled()
    assert before.items() <= loop.containers("web", every=True).items()
    assert len(loop.containers("web", every=True)) == 3


def test_answers_that_break_off_in_the_middle_make_no_second_container(loop: LoopProcess, link: RoughLink) -> None:
    link.break_share = 0.3
    loop.save("web", spec(5))
    loop.until(lambda: link.broken >= 5, 60, "answers break off")
    link.break_share = 0.0
    loop.until_ready("web", 5, seconds=60)
    loop.until_settled()
    assert len(loop.containers("web", every=True)) == 5


def test_what_happened_while_the_line_was_cut_is_found_when_it_is_back(loop: LoopProcess, link: RoughLink) -> None:
    loop.save("web", spec(3))
    loop.until_ready("web", 3)
    loop.until_settled()
    before = loop.containers("web")
    link.cut()
    loop.until(lambda: bool(loop.status().engine_problem), 30, "the outage is noticed")
    direct = docker.APIClient(base_url=f"unix://{link.target}", version="auto", timeout=30)
    victim = before[f"{loop.env}-web-2"]
    direct.kill(victim)
    for _ in range(MISSED_EVENTS):
        direct.kill(before[f"{loop.env}-web-1"], signal="WINCH")  # an event, and nobody minds
    direct.close()
    assert link.refused > 0
    link.mend()
    loop.until(lambda: loop.containers("web").get(f"{loop.env}-web-2", victim) != victim, 30, "it is replaced")
    loop.until_ready("web", 3)
    loop.until_settled()
    after = loop.containers("web", every=True)
    assert {name for name in before if before[name] != after[name]} == {f"{loop.env}-web-2"}


def test_a_line_that_fails_and_comes_back_is_told(loop: LoopProcess) -> None:
    told = [event.cause for event in loop.events() if event.kind == "engine"]
    assert any("does not answer" in cause or "broke" in cause or "closed" in cause for cause in told), told
    assert "answers again" in told
