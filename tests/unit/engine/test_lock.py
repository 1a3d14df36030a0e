"""One loop for an engine and environment."""

import os
import subprocess
import sys
import threading
import uuid

import pytest

from reconciler.engine.lock import acquire, holder
from reconciler.errors import LockHeld

TAKE = """
import sys
from reconciler.engine.lock import acquire
held = acquire(sys.argv[1], 'dev')
print(flush=True)
input()
"""


@pytest.fixture
def engine_id() -> str:
    return uuid.uuid4().hex


def test_a_second_one_is_told_who_has_it(engine_id: str) -> None:
    with acquire(engine_id, "dev"), pytest.raises(LockHeld, match=f"process {os.getpid()} already"):
        acquire(engine_id, "dev")


def test_it_is_free_after_its_release(engine_id: str) -> None:
    acquire(engine_id, "dev").release()
    assert holder(engine_id, "dev") is None
    acquire(engine_id, "dev").release()


def test_environments_and_engines_are_locked_apart(engine_id: str) -> None:
    with acquire(engine_id, "dev"), acquire(engine_id, "test"), acquire(f"{engine_id}2", "dev"):
        assert holder(engine_id, "test") == os.getpid()


def test_it_dies_with_its_process(engine_id: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", TAKE, engine_id], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        assert holder(engine_id, "dev") == process.pid
        process.kill()
    acquire(engine_id, "dev").release()


def test_a_standby_takes_over(engine_id: str) -> None:
    first, taken = acquire(engine_id, "dev"), threading.Event()

    def stand_by() -> None:
        with acquire(engine_id, "dev", threading.Event()):
            taken.set()

    standby = threading.Thread(target=stand_by)
    standby.start()
    assert not taken.is_set()
    first.release()
    assert taken.wait(20)
    standby.join(20)


def test_a_standby_gives_up_when_told_to(engine_id: str) -> None:
    stop = threading.Event()
    stop.set()
    with acquire(engine_id, "dev"), pytest.raises(LockHeld):
        acquire(engine_id, "dev", stop)


def test_asking_often_does_not_wear_it_out(engine_id: str) -> None:
    with acquire(engine_id, "dev"):
        assert {holder(engine_id, "dev") for _ in range(300)} == {os.getpid()}
