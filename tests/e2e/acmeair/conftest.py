"""One Acme Air cloud for all tests in this folder, started once; a test leaves it as it found it: whole and ready."""

import secrets
from collections.abc import Iterator

import pytest

from tests.support.acmeair import Cloud, cloud
from tests.support.console import OPTIONS


@pytest.fixture(scope="session")
def running(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The example's environment, all ready."""
    with cloud(engine, tmp_path_factory.mktemp("acmeair"), options=OPTIONS) as made:
        yield made


@pytest.fixture
def air(running: Cloud) -> Iterator[Cloud]:
    """The cloud, whole before and after the test: whatever was broken has come back by itself."""
    running.until_whole()
    yield running
    running.until_whole()


@pytest.fixture
def key() -> str:
    """An Idempotency-Key that nobody has used."""
    return secrets.token_hex(12)
