"""The loop is killed (SIGKILL) at each boundary between two effects on the real engine; the next one puts all right.

Before: the boundaries of engine.steps. Exhaustively, with every turn and failure, in virtual time: tests/loop.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from reconciler.cli.wiring import CRASH_VARIABLE
from reconciler.engine.steps import BOUNDARIES
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import SLIM, spec

pytestmark = [pytest.mark.engine, pytest.mark.heavy]  # in virtual time every boundary is walked in `make test`

STUBBORN = "[sh, -c, \"trap '' TERM; while :; do sleep 0.2; done\"]"
SECRET = "secrets: {password: keys/password}"


@dataclass(frozen=True)
class Case:
    """`begin` stands before the loop that will crash starts; `change` makes it come to the boundary.

    `end` is the size afterwards, `lost` how many of the first containers may be gone then.
    """

    begin: str | None
    change: Callable[[LoopProcess, str], None]
    end: int
    lost: int = 0


def _save(text: str) -> Callable[[LoopProcess, str], None]:
    return lambda loop, name: (loop.save(name, text), None)[1]


def _kill_one(loop: LoopProcess, name: str) -> None:
    loop.docker.kill(f"{loop.env}-{name}-1")


def _mend(loop: LoopProcess, name: str) -> None:
    loop.save(name, spec(2, SECRET))


CREATE = Case(None, _save(spec(2, SECRET)), 2)
REPLACE = Case(spec(2), _kill_one, 2, lost=1)
SHRINK = Case(spec(3), _save(spec(1)), 1, lost=2)
ROLL = Case(spec(2), _save(spec(2, "environment: {COLOUR: red}")), 2, lost=2)
STUBBORN_SHRINK = Case(spec(2, command=STUBBORN), _save(spec(1, command=STUBBORN)), 1, lost=1)
# There is no registry in reach: a pull begins, and fails.
PULL = Case(None, _save(spec(2, image="registry.invalid/none:1")), 2)
CASES = {
    "pull:before": PULL,
    "publish:before": CREATE, "publish:after": CREATE,
    "create:before": CREATE, "create:after": CREATE,
    "upload:before": CREATE, "upload:after": CREATE,
    "start:before": CREATE, "start:after": ROLL,
    "withdraw:before": SHRINK, "withdraw:after": ROLL,
    "terminate:before": SHRINK, "terminate:after": ROLL,
    "kill:before": STUBBORN_SHRINK, "kill:after": STUBBORN_SHRINK,
    "remove:before": ROLL, "remove:after": SHRINK,
    "withdraw-former:before": REPLACE, "withdraw-former:after": REPLACE,
    "remove-former:before": REPLACE, "remove-former:after": REPLACE,
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A loop that comes and goes, and a stranger's container beside its own, alike in name."""
    loop = LoopProcess(engine, tmp_path_factory.mktemp("crash"))
    stranger = f"{loop.env}-web-99"
    try:
        (loop.specs / "keys").mkdir()
        (loop.specs / "keys" / "password").write_text("hush")
        loop.docker.create_container(SLIM, ["sleep", "infinity"], name=stranger)
        loop.docker.start(stranger)
        loop.start()
        yield loop
        assert loop.inspect(stranger)["State"]["Running"]
    finally:
        loop.docker.remove_container(stranger, force=True)
        loop.close()


def test_every_boundary_that_can_be_come_to_here_is_tried() -> None:
    # Nothing can be pulled, a start seldom fails under the engine's init, and no Eureka is here: tests/loop has those.
    elsewhere = {"pull:after", "discard:before", "discard:after"}
    elsewhere |= {f"{kind}:{side}" for kind in ("activate", "deactivate") for side in ("before", "after")}
    assert set(CASES) == {*BOUNDARIES} - elsewhere


@pytest.mark.parametrize("boundary", CASES)
def test_a_loop_killed_at_a_boundary_leaves_nothing_that_the_next_one_does_not_put_right(
    stage: LoopProcess, boundary: str
) -> None:
    case, name = CASES[boundary], f"c{list(CASES).index(boundary)}"
    if case.begin is not None:
        stage.save(name, case.begin)
        stage.until_ready(name)
    first = stage.containers(name)
    stage.kill()
    stage.start(variables={CRASH_VARIABLE: boundary})
    stage.until_settled()  # its names are published by now, so that they have to be withdrawn
    case.change(stage, name)
    stage.until(lambda: not stage.running, 30, f"the loop dies at {boundary}")
    assert stage.process is not None
    assert stage.process.returncode == -signal.SIGKILL
    if case is PULL:
        _mend(stage, name)
    stage.start()
    stage.until_ready(name, case.end)
    stage.until_settled()
    stage.until(lambda: stage.containers(name, every=True) == stage.containers(name), what="nothing half made is left")
    containers = stage.containers(name, every=True)
    assert len(containers) == case.end
    assert len(set(first.values()) - set(containers.values())) == case.lost
    assert stage.cli("delete", name).code == 0
    stage.until_gone(name)
