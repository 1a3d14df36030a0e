"""`down` leaves nothing of an environment behind that was registered there, and the rest of its memory as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.dns.moved import NOTE
from reconciler.dns.skydns.registry import KEY
from reconciler.engine.closed_zones import keep_closed
from reconciler.engine.docker.inventory import Inventory
from reconciler.engine.ports import EngineInfo, Listing
from reconciler.engine.store import FILE_NAME, Store
from reconciler.state.zones import ClosedZone
from tests.unit.cli.conftest import Run


class Empty:
    """An engine on which the environment has nothing."""

    def info(self) -> EngineInfo:
        return EngineInfo(id="EMPTY", hostname="h", version="20.10.24", api_version="1.41")

    def listing(self, env: str) -> Listing:
        del env
        return Listing()

    def inventory(self, env: str) -> Inventory:
        del env
        return Inventory()

    def close(self) -> None:
        pass


class Lock:
    def __init__(self) -> None:
        self.held = 0

    def acquire(self, *_: object) -> "Lock":
        self.held += 1
        return self

    def __enter__(self) -> None:
        assert self.held == 1

    def __exit__(self, *_: object) -> None:
        self.held -= 1


@pytest.fixture
def down(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    lock = Lock()
    monkeypatch.setattr("reconciler.engine.docker.connect", lambda _: Empty())
    monkeypatch.setattr("reconciler.engine.lock.acquire", lock.acquire)

    def call() -> str:
        result = run("down", "--yes")
        assert result.exit_code == 0, result.output
        assert lock.held == 0
        return result.output

    return call


def _store(state: Path) -> Store:
    state.mkdir(exist_ok=True)
    return Store(state / FILE_NAME, lambda _: None)


def _notes(state: Path) -> dict[str, str]:
    store = _store(state)
    try:
        return store.notes()
    finally:
        store.close()


def test_what_was_registered_is_forgotten_and_told(down: Callable[[], str], tmp_path: Path) -> None:
    store = _store(tmp_path / "state")
    for key in (f"{KEY}u1", f"{KEY}u2", NOTE, "other"):
        store.note(key, "{}")
    store.close()
    assert "forgot 2 registered services" in down()
    assert _notes(tmp_path / "state") == {"other": "{}"}


def test_closed_zones_are_open_again_afterwards(down: Callable[[], str], tmp_path: Path) -> None:
    store = _store(tmp_path / "state")
    keep_closed(store, ClosedZone(zone="az2", since=0.0))
    store.close()
    assert "opened az2, which was closed" in down()
    assert _notes(tmp_path / "state") == {}


def test_without_anything_registered_not_a_word_is_said_of_it(down: Callable[[], str], tmp_path: Path) -> None:
    _store(tmp_path / "state").close()
    assert "forgot" not in down()


def test_without_a_state_none_is_made(down: Callable[[], str], tmp_path: Path) -> None:
    assert "owns nothing" in down()
    assert not (tmp_path / "state" / FILE_NAME).exists()
