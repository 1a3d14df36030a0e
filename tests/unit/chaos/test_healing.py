"""What a dead helper left is undone by a cleaner in its place; where that fails, it is said."""

import json

import pytest

from reconciler.chaos.healing import put_away, put_away_part
from reconciler.engine.helpers import IMAGE, SETTINGS_VARIABLE, helper
from reconciler.state.faults import FaultLabels, FaultPart
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from tests.support import worlds
from tests.support.fake_box import Box
from tests.support.fake_engine import FakeEngine
from tests.support.fake_helpers import Answer

ENV = "dev"


class Sample:
    """An engine with a running victim; what its cleaners do, and with what result."""

    def __init__(self) -> None:
        self.engine = FakeEngine(images={IMAGE: Image(id="sha256:c"), worlds.IMAGE: Image(id="sha256:d")})
        self.victim = worlds.FakeWorld(self.engine, ENV).running()
        self.cleaned: list[tuple[str, str]] = []
        self.answer = Answer(lines=('{"type":"bites"}', '{"type":"healed"}'), ends=0)
        self.engine.helper = self._clean

    def _clean(self, box: Box, _line: str | None) -> Answer:
        settings = json.loads(box.blueprint.environment[SETTINGS_VARIABLE])
        self.cleaned.append((settings["kind"], settings["of"]))
        return self.answer

    def gone(self, kind: str) -> FaultPart:
        """A helper that was killed and removed."""
        return FaultPart(
            id="f" * 64, fault_id="k3f9", kind=kind, says=f"{kind} web-1", until=0.0, victim_id=self.victim,
            instance="web-1", cluster="web", zone="az1", state=EngineState.EXITED, exit_code=137,
        )  # fmt: skip

    def labels(self) -> FaultLabels:
        """Of a helper that was made and never started."""
        return FaultLabels(
            env=ENV, fault_id="k3f9", kind="loss", says="loss web-1", until=0.0, victim_id=self.victim,
            instance="web-1", cluster="web", zone="az1",
        )  # fmt: skip

    def put_away(self, kind: str, *, running: bool = True) -> str:
        return put_away_part(self.engine, ENV, self.gone(kind), frozenset({self.victim} if running else ()))


@pytest.mark.parametrize(
    ("kind", "cleaner"),
    [
        *((kind, [("flush", "k3f9")]) for kind in ("split-brain", "loss", "dns", "agent")),
        ("freeze", [("thaw", "k3f9")]),
        *((kind, []) for kind in ("burn", "fill")),
    ],
)
def test_each_kind_is_undone_by_the_cleaner_that_can(kind: str, cleaner: list[tuple[str, str]]) -> None:
    sample = Sample()
    assert sample.put_away(kind) == ""
    assert sample.cleaned == cleaner
    assert sample.engine.faults(ENV) == ()


def test_where_the_victim_has_ended_nothing_is_left_to_undo() -> None:
    sample = Sample()
    assert sample.put_away("freeze", running=False) == ""
    sample.engine.crash(sample.victim)
    assert sample.put_away("freeze") == ""
    assert sample.cleaned == []


def test_a_cleaner_that_fails_is_no_success() -> None:
    sample = Sample()
    sample.answer = Answer(lines=('{"type":"fails","problem":"no permission"}',), ends=1)
    assert sample.put_away("freeze") == "web-1: undoing freeze web-1: no permission"
    assert sample.engine.faults(ENV) == ()


def test_a_cleaner_that_fails_because_its_victim_ends_is_no_failure() -> None:
    sample = Sample()

    def fail(_: Box, line: str | None) -> Answer:
        assert line is None
        sample.engine.crash(sample.victim)
        return Answer(lines=('{"type":"fails","problem":"it is gone"}',), ends=1)

    sample.engine.helper = fail
    assert sample.put_away("loss") == ""


def test_what_somebody_else_puts_away_at_the_same_time_is_tried_again() -> None:
    sample = Sample()
    sample.engine.create(helper(sample.labels(), "net", seconds=1.0, settings={}))
    sample.engine.failures.fail("remove", times=1)
    put_away(sample.engine, ENV, ["k3f9"])
    assert sample.engine.faults(ENV) == ()
