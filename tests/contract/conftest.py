"""A world for each contract test, once with the fake engine and once with the real one."""

import uuid
from collections.abc import Iterator

import pytest

from reconciler.engine.docker import connect
from reconciler.state.image import Image
from tests.support.fake_engine import FakeEngine
from tests.support.worlds import IMAGE, FakeWorld, RealWorld, World


def new_env() -> str:
    """A name that no other test has."""
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engine)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """An environment of its own on the engine in question; nothing of it is left afterwards."""
    env = new_env()
    made: World
    if request.param == "fake":
        made = FakeWorld(FakeEngine(images={IMAGE: Image(id=f"sha256:{'1' * 64}")}), env)
    else:
        made = RealWorld(connect(), env)
        if IMAGE not in made.engine.images([IMAGE]):
            pytest.fail(f"the engine has no image {IMAGE}; `make setup` provides it")
    try:
        yield made
    finally:
        made.clean_up()
