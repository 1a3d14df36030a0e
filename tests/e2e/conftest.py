"""What end-to-end tests share: a loop for each module, started once; tests keep to clusters of their own in it."""

from collections.abc import Iterator

import pytest

from tests.support.loop_process import LoopProcess


@pytest.fixture(scope="module")
def loop(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A running loop with an empty spec directory; its environment is gone afterwards."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"))
    try:
        process.start()
        yield process
    finally:
        process.close()
