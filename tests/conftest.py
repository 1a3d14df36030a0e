"""What any test may ask for: the machine's engine, or one of its own. A test without its engine fails."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.setup.locate import find_engine
from reconciler.setup.probe import answers
from tests.support.private_engine import PrivateEngine


@pytest.fixture(scope="session")
def engine() -> str:
    """The local engine's address, as in DOCKER_HOST."""
    try:
        endpoint = find_engine(os.environ, Path.home())
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    if not answers(endpoint):
        pytest.fail(
            f"this test needs a container engine, and none answers at {endpoint.url}: `make setup`",
            pytrace=False,
        )
    return endpoint.url


@pytest.fixture
def private_engine() -> Iterator[PrivateEngine]:
    """A running dockerd of the test's own, without images; everything that it made is gone afterwards."""
    private = PrivateEngine()
    try:
        private.start()
        yield private
    finally:
        private.close()
