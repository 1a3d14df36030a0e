"""What end-to-end tests share: a loop for each module, started once; tests keep to clusters of their own in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.name_world import World, make_world


@pytest.fixture(scope="module")
def loop(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A running loop with an empty spec directory; its environment is gone afterwards."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"))
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture
def alone(engine: str, tmp_path: Path) -> Iterator[LoopProcess]:
    """An environment in which no loop runs yet; one that a test starts in the background is ended."""
    process = LoopProcess(engine, tmp_path)
    try:
        yield process
    finally:
        process.cli("stop")
        process.close()


@pytest.fixture(scope="module", params=["loop", pytest.param("container", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest) -> str:
    """Where the DNS server runs."""
    return str(request.param)


@pytest.fixture(scope="module")
def world(engine: str, place: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A loop of its own with names of every kind."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("world"), options=("--dns-server", place))
    try:
        process.start()
        yield make_world(process)
    finally:
        process.close()
