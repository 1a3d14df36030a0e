"""The command line in-process, an environment of its own, and a loop made of values behind a real socket."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from reconciler.api.server import ControlServer
from reconciler.cli.main import app
from reconciler.errors import Problem, SpecError
from reconciler.plan.lookup import NameStatus
from reconciler.plan.plan import Plan
from reconciler.plan.status import WorldStatus
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision
from tests.unit.console import worlds

Run = Callable[..., Result]


class FakeLoop:
    """What a loop answers, settable; what it was asked, readable."""

    def __init__(self, specs: Path) -> None:
        self.world: WorldStatus = replace(worlds.healthy(), specs=str(specs))
        self.plans: tuple[Plan, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self.kept: tuple[Event, ...] = ()
        self.found = NameStatus(name="nothing.dev.docker", ours=True, known=False, meaning="")
        self.revised: tuple[KeptRevision, ...] = ()
        self.released: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()
        self.asked: list[str] = []

    def status(self) -> WorldStatus:
        return self.world

    def lookup(self, name: str) -> NameStatus:
        self.asked.append(f"lookup {name}")
        return self.found

    def plan(self, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
        if self.problems:
            raise SpecError(self.problems)
        return self.plans

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        found = [e for e in self.kept if e.id > after_id and cluster in (None, e.cluster)]
        return tuple(found[:limit])

    def revisions(self, name: str) -> tuple[KeptRevision, ...]:
        self.asked.append(f"revisions {name}")
        return self.revised

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        self.asked.append(f"confirm {names}")
        return self.released

    def expect_delete(self, name: str) -> None:
        self.asked.append(f"expect_delete {name}")

    def terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> str:
        self.asked.append(f"terminate {cluster} {number} {id} {by!r} {why!r}")
        return id

    def note(self, cluster: str, subject: str, cause: str) -> None:
        self.asked.append(f"note {cluster} {subject}: {cause}")

    def close_zone(self, zone: str, seconds: float | None, why: str) -> tuple[str, ...]:
        self.asked.append(f"close_zone {zone} {seconds} {why!r}")
        return self.remarks

    def open_zone(self, zone: str) -> bool:
        self.asked.append(f"open_zone {zone}")
        return any(closed.zone == zone for closed in self.world.closed_zones)

    def rescan(self) -> None:
        self.asked.append("rescan")

    def stop(self) -> None:
        self.asked.append("stop")

    def info(self) -> Mapping[str, str]:
        return {"pid": "4242", "specs": self.world.specs, "env": "dev", "domain": "docker"}


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    directory = tmp_path / "specs"
    directory.mkdir()
    return directory


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, specs: Path) -> None:
    """A place of the test's own, and an engine that isn't there."""
    for name in ("RECONCILER_ENV", "RECONCILER_DOMAIN", "COLUMNS", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RECONCILER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RECONCILER_ENGINE", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> Run:
    def invoke(*arguments: str, **kwargs: object) -> Result:
        return CliRunner().invoke(app, list(arguments), **kwargs)  # type: ignore[arg-type]

    return invoke


@pytest.fixture
def loop(tmp_path: Path, specs: Path) -> Iterator[FakeLoop]:
    fake = FakeLoop(specs)
    server = ControlServer(fake, tmp_path / "state" / "api.sock", lambda _: None, look_seconds=0.05)
    server.start()
    yield fake
    server.close()
