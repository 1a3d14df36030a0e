"""What the engine told of ends before its listing shows it, in virtual time: names go first, the rest follows."""

import pytest

from reconciler.engine.ports import EngineEvent
from reconciler.loop.cycle import ENDED_SECONDS
from reconciler.loop.waking import ENDING_SECONDS
from tests.loop.turning import PLAIN, Turning
from tests.support.fake_box import Box

SPEC = f"image: {PLAIN}\nsize: 2\nzones: [a]\nhealth: {{start: 30s}}\n"


@pytest.fixture
def victim(turning: Turning) -> Box:
    """The first of two; both are ready and have their names."""
    turning.start()
    turning.save("web", SPEC)
    turning.settle()
    assert len(turning.names.published()) == 2
    return turning.ours()[0]


def tell(turning: Turning, action: str, id: str) -> None:
    """The engine's event of something that its listing shows later."""
    turning.loop._on_event(EngineEvent(kind="container", action=action, cluster="web", id=id))
    turning.run_for(0.0)


def test_a_name_goes_with_the_engines_word_while_the_listing_calls_it_running(turning: Turning, victim: Box) -> None:
    tell(turning, "die", victim.id)
    assert victim.id not in turning.names.published()
    assert len(turning.ours()) == 2
    tell(turning, "kill", victim.id)
    assert victim.id not in turning.names.published()
    turning.engine.crash(victim.id)
    turning.settle()
    assert victim.id not in turning.ids().values()
    assert len(turning.names.published()) == 2


def test_it_is_replaced_when_a_listing_shows_its_end_without_another_word_of_the_engine(
    turning: Turning, victim: Box
) -> None:
    tell(turning, "die", victim.id)
    victim.end(137)
    turning.run_for(2 * ENDING_SECONDS)
    assert victim.id not in turning.ids().values()
    assert len(turning.ours()) == 2


def test_a_container_that_somebody_started_again_has_its_name_again(turning: Turning, victim: Box) -> None:
    tell(turning, "die", victim.id)
    tell(turning, "start", victim.id)
    assert turning.names.published()[victim.id].ready


def test_an_end_that_no_listing_ever_shows_is_forgotten(turning: Turning, victim: Box) -> None:
    tell(turning, "die", victim.id)
    turning.run_for(ENDED_SECONDS + turning.settings.resync_seconds)
    assert turning.names.published()[victim.id].ready


def test_a_stream_that_broke_may_have_missed_a_start_so_only_the_listing_counts(turning: Turning, victim: Box) -> None:
    tell(turning, "die", victim.id)
    turning.loop._on_event(None)
    turning.run_for(0.0)
    assert turning.names.published()[victim.id].ready
