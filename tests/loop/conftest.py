"""An environment in virtual time for each test; its process is ended afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loop.turning import Turning


@pytest.fixture
def turning(tmp_path: Path) -> Iterator[Turning]:
    """Nothing runs yet: `start` it."""
    made = Turning(tmp_path)
    try:
        yield made
    finally:
        made.end()
