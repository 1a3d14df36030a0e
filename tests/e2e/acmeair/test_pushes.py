"""Pushes of the web tier while customers use the site: a rolling and a red-black one, and no request fails."""

from collections.abc import Iterator

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_load import Load

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]

ROLLING = "rollout: {bake: 0s}\n"
RED_BLACK = "rollout: {strategy: red-black, bake: 0s, red-black: {keep: 2s}}\n"
CHANGED = "environment:\n  PUSHED: '{}'\n"


@pytest.fixture(scope="module")
def file(running: Cloud) -> Iterator[str]:
    """The web tier's file as it is, and is again after the tests."""
    text = running.loop.specs.joinpath("web.yaml").read_text(encoding="utf-8")
    yield text
    running.loop.follow("web", text, 2, seconds=120)


def push(air: Cloud, text: str, number: int, rollout: str) -> None:
    """Another version of the web tier by another variable; back when all that runs is of it."""
    air.loop.follow("web", text.replace("environment:\n", CHANGED.format(number)) + rollout, 2, seconds=120)
    air.loop.until_settled(60)


def steps(air: Cloud, since: float) -> list[tuple[str, str]]:
    """What was done with the web tier since then, in order."""
    kinds = ("deactivate", "terminate")
    return [(e.kind, e.subject) for e in air.loop.events("web") if e.kind in kinds and e.at > since and not e.message]


@pytest.mark.parametrize(("number", "rollout"), [(1, ROLLING), (2, RED_BLACK)], ids=["rolling", "red-black"])
def test_a_push_under_load_fails_no_request(air: Cloud, file: str, number: int, rollout: str) -> None:
    before = set(air.loop.containers("web").values())
    began = max(event.at for event in air.loop.events("web"))
    with Load(air, seconds=45) as load:
        load.until_answered()
        push(air, file, number, rollout)
        assert load.running  # or it was nobody's trouble
        figures = load.figures()
    assert not before & set(air.loop.containers("web").values())
    done = steps(air, began)
    for _, subject in [step for step in done if step[0] == "terminate"]:
        assert done.index(("deactivate", subject)) < done.index(("terminate", subject))
    assert figures.requests > 200
    assert figures.failed == 0, figures.failures
