"""The API over services in memory: no socket, no loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.api.http.token import TokenFile
from tests.support.fake_services import Fake, fake_services
from tests.unit.api.http.asking import Asker, asker_of


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = fake_services()
    yield made
    made.operations.close(10)


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "token")


@pytest.fixture
def client(fake: Fake, tokens: TokenFile) -> Asker:
    return asker_of(fake, tokens)
