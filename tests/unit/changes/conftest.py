"""A watched directory, a workshop over it, and what a loop would tell, settable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.changes.texts import Known
from reconciler.changes.workshop import Workshop
from reconciler.plan.status import WorldStatus
from reconciler.spec.policy import Policy
from reconciler.state.revisions import KeptRevision

NOON = 1_800_014_400.0
WEB = """\
# the front
image: shop:3  # June
size: 4   # weekdays
environment:
  # who reads this
  LOG_LEVEL: info   # loud enough
  # for the incident only
  TRACE: "1"
rollout: {bake: 2s}
# the end
"""


@dataclass(slots=True)
class Told:
    """What wishes may ask."""

    world: WorldStatus = field(default_factory=lambda: WorldStatus(environment="dev", domain="docker"))
    revisions: Sequence[KeptRevision] = ()

    def known(self) -> Known:
        return Known(revisions=lambda _name: self.revisions, status=lambda: self.world, now=lambda: NOON)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    directory = tmp_path / "specs"
    directory.mkdir()
    (directory / "web.yaml").write_text(WEB)
    return directory


@pytest.fixture
def workshop(specs: Path, told: Told) -> Workshop:
    return Workshop(specs, Policy(), told.known())
