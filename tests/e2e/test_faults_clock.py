"""The wall clock is set forward and back under a running loop: nobody's silence gets longer by it.

The machine's own clock is everybody's, so the loop's process sees another one: a `sitecustomize` of the test's adds
what a file says to every `time.time()`, which is the only way that the loop asks for it.
"""

import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.plan.status import InstanceStatus, Verdict
from tests.support.loop_process import ROOT, LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = pytest.mark.engine

STEP_SECONDS = 288  # as Jepsen's clock nemesis
BEATS = 6  # longer than silence and its grace would be borne
BEATING = "health: {heartbeat: {interval: 300ms, misses: 3}, suspect: 300ms}"

SHIFT = """\
import pathlib, time
_file, _true = pathlib.Path({file!r}), time.time
time.time = lambda: _true() + float(_file.read_text())
"""


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What is written in here, `+288` say, is added to the loop's wall clock."""
    file = tmp_path / "clock"
    file.write_text("+0")
    return file


@pytest.fixture
def loop(engine: str, clock: Path, tmp_path: Path) -> Iterator[LoopProcess]:
    (tmp_path / "sitecustomize.py").write_text(SHIFT.format(file=str(clock)))
    shifted = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    made = LoopProcess(engine, tmp_path, options=("--resync", "1s"))
    try:
        made.save("web", spec(3, BEATING, image=BASE))
        made.start(variables=shifted)
        made.until_ready("web", 3)
        yield made
    finally:
        made.close()


def set_clock(loop: LoopProcess, clock: Path, seconds: int) -> None:
    """Step it, and wait until the loop's own events show that it did."""
    fresh = clock.with_suffix(".new")
    fresh.write_text(f"{seconds:+d}")
    fresh.replace(clock)
    began = time.time()
    loop.save("noted", f"image: {BASE}\nsuspend: true\nsize: {1 + seconds % 1000}\n")
    loop.until(
        lambda: any(e.kind == "spec" and abs(e.at - began - seconds) < STEP_SECONDS / 2 for e in loop.events("noted")),
        what=f"an event {seconds} s away from now",
    )


def instances(loop: LoopProcess) -> tuple[InstanceStatus, ...]:
    row = loop.cluster("web")
    assert row is not None
    return row.instances


def hear_beats(loop: LoopProcess, count: int) -> None:
    """Until the first instance was heard so many times more: its age falls with each beat."""
    ages = [0.0]

    def heard() -> bool:
        age = instances(loop)[0].heartbeat_age
        assert age is not None
        ages.append(age)
        return sum(later < earlier for earlier, later in pairwise(ages)) >= count

    loop.until(heard, what=f"{count} beats")


def test_a_clock_that_jumps_replaces_nobody(loop: LoopProcess, clock: Path) -> None:
    before = loop.containers(every=True)
    for seconds in (STEP_SECONDS, -STEP_SECONDS, 0):
        set_clock(loop, clock, seconds)
        hear_beats(loop, BEATS)
        assert all(one.verdict is Verdict.READY for one in instances(loop))
    assert loop.containers(every=True) == before
    done = {event.kind for event in loop.events("web")} & {"remove", "terminate", "kill"}
    assert done == set()
