"""The engine's own disk is full: what runs goes on, what died comes back when there is room again.

Docker 20.10 then can't write down that a container has ended, goes on listing it as running, and tells nobody: only its
heartbeat's silence says so.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.private_engine import PrivateEngine
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.private_engine, pytest.mark.heavy, pytest.mark.timeout(180)]

DISK_BYTES = 600 * 2**20
LONG_SECONDS = 60.0
# dd ends with an error where no room is left, which is what is wanted.
FILL = "for bs in 1M 4k; do dd if=/dev/zero of={0}/filler.$bs bs=$bs 2>/dev/null; done; test -s {0}/filler.1M"


@pytest.fixture
def small_engine(engine: str) -> Iterator[PrivateEngine]:
    """An engine whose images and containers have little room."""
    made = PrivateEngine(data_bytes=DISK_BYTES)
    try:
        made.start()
        made.load(BASE, source=engine)
        yield made
    finally:
        made.close()


def inside(engine: PrivateEngine, script: str) -> None:
    subprocess.run([*engine.inside, "sh", "-c", script], check=True, timeout=LONG_SECONDS)


def test_an_engine_without_room_loses_nobody_and_heals_when_there_is_some(
    small_engine: PrivateEngine, tmp_path: Path
) -> None:
    loop = LoopProcess(small_engine.url, tmp_path, inside=small_engine.inside, options=("--resync", "2s"))
    try:
        loop.save("web", spec(2, image=BASE))
        loop.start()
        loop.until_ready("web", 2, seconds=LONG_SECONDS)
        before = loop.containers("web")
        inside(small_engine, FILL.format(small_engine.data_root))
        loop.save("web", spec(4, image=BASE))
        loop.until(lambda: any("no space" in e.message for e in loop.events("web")), LONG_SECONDS, "no room is told")
        assert "no space" in loop.cli("status", "web").out
        victim = f"{loop.env}-web-1"
        loop.docker.kill(victim)
        inside(small_engine, f"rm {small_engine.data_root}/filler.*")
        loop.until(lambda: loop.containers("web").get(victim, "") not in before.values(), LONG_SECONDS, "it is new")
        loop.until_ready("web", 4, seconds=LONG_SECONDS)
        loop.until_settled(LONG_SECONDS)
        after = loop.containers("web", every=True)
        assert len(after) == 4
        assert {name for name in before if before[name] != after[name]} == {victim}
    finally:
        if loop.running:
            loop.kill()
        loop.docker.close()
