"""The site beside a loop: console and API on one port, one token for both; what is wrong with it ends nothing else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.api.http.server import listen
from reconciler.api.http.token import renew
from reconciler.cli.console_beside import ConsoleBeside
from reconciler.cli.services.serving import Site, site_of
from reconciler.cli.settings import resolve
from reconciler.errors import UsageError
from reconciler.loop.settings import ConsoleSettings, Settings
from tests.support.fake_services import Fake, fake_services

CONSOLE = ConsoleSettings(host="127.0.0.1", port=0, names=("cloud.test",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return resolve(state=tmp_path / "state", specs=tmp_path)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    made = listen(CONSOLE.host, CONSOLE.port)
    yield made
    made.close()


@pytest.fixture
def fake() -> Fake:
    return fake_services()


@pytest.fixture
def site(listener: socket.socket, settings: Settings, fake: Fake) -> Iterator[Site]:
    made = site_of(listener, settings, CONSOLE, fake.services, fake.operations)
    made.start()
    yield made
    made.close()


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{site.server.port}", trust_env=False) as made:
        yield made


def test_one_port_has_the_pages_and_the_api(client: httpx.Client, settings: Settings) -> None:
    token = settings.token_file.read_text().strip()

    assert client.get("/sign-in").headers["content-type"].startswith("text/html")
    assert client.get("/").status_code == 303
    assert client.get("/v1/info").status_code == 401
    assert client.get("/v1/info", headers={"Authorization": f"Bearer {token}"}).json()["env"] == "dev"


def test_a_renewed_token_counts_at_once(client: httpx.Client, settings: Settings) -> None:
    old = settings.token_file.read_text().strip()
    new = renew(settings.token_file)

    assert client.get("/v1/info", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert client.get("/v1/info", headers={"Authorization": f"Bearer {new}"}).status_code == 200


def test_only_names_that_were_given_are_answered_to(client: httpx.Client) -> None:
    assert client.get("/sign-in", headers={"Host": "cloud.test"}).status_code == 200
    assert client.get("/sign-in", headers={"Host": "evil.test"}).status_code == 421


def test_what_was_begun_through_it_ends_with_it(site: Site, fake: Fake) -> None:
    begun = fake.services.faults.unleash({"kind": "freeze", "name": "webapp-1", "seconds": 600.0}, "console")
    site.close()
    ended = fake.operations.find(begun.id)

    assert ended is not None
    assert ended.state == "stopped"


def test_a_token_that_others_may_read_is_refused(listener: socket.socket, settings: Settings, fake: Fake) -> None:
    settings.state.mkdir()
    settings.token_file.write_text("a-token-that-everybody-knows\n")
    settings.token_file.chmod(0o644)

    with pytest.raises(UsageError, match="may be read by others"):
        site_of(listener, settings, CONSOLE, fake.services, fake.operations)


def test_a_port_that_is_taken_is_said_before_anything_starts(listener: socket.socket, settings: Settings) -> None:
    taken = ConsoleSettings(host="127.0.0.1", port=int(listener.getsockname()[1]))

    with pytest.raises(UsageError, match="who listens there"):
        ConsoleBeside(settings, taken).take_port()
