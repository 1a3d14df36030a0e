"""Half a server is none: the program ends when a part of it does, and its keeper makes a new one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.dns.container.program import Parts
from reconciler.dns.container.settings import ServerSettings
from reconciler.dns.listen import CannotListen
from tests.unit.dns.container.conftest import Inside, Until


def test_all_parts_are_there_at_first(inside: Inside) -> None:
    assert inside.parts.alive()


def test_without_its_dns_server_it_is_over(inside: Inside) -> None:
    inside.parts.dns.stop()
    assert not inside.parts.alive()


def test_without_its_control_port_it_is_over(inside: Inside, until: Until) -> None:
    inside.parts.control.close()
    until(lambda: not inside.parts.alive())


def test_a_port_that_another_has_is_said_before_anything_runs(inside: Inside) -> None:
    taken = inside.parts.dns.addresses[0][1]
    settings = ServerSettings(
        env="dev", domain="docker", host="host1", subnet="127.0.0.0/8", address="127.0.0.1", gateway="127.0.0.1",
        ttl_seconds=5,
    )  # fmt: skip
    parts = Parts(settings, {}, inside.token_file, dns_port=taken, control_port=0)
    with pytest.raises(CannotListen):
        parts.start()
    parts.stop()


LOOK_SECONDS = 0.001
_WAITING = """
import os, signal, sys
from reconciler.dns.container.program import wait_for_end
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})

def alive():
    os.write(1, b"looked\\n")
    return len(sys.argv) == 1

sys.exit(wait_for_end(alive, look_seconds=LOOK_SECONDS))
""".replace("LOOK_SECONDS", str(LOOK_SECONDS))


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for its end, and writes a line at each look."""
    with subprocess.Popen([sys.executable, "-c", _WAITING], stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"


def _outlast(seconds: float, until: Until) -> None:
    over_at = time.monotonic() + seconds
    until(lambda: time.monotonic() > over_at)


def _drain(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        while os.read(pipe, 65_536):
            pass
    os.set_blocking(pipe, True)


def test_one_that_was_stopped_for_long_goes_on(waiting: subprocess.Popen[bytes], until: Until) -> None:
    assert waiting.stdout is not None
    pipe = waiting.stdout.fileno()
    for _ in range(20):
        assert os.read(pipe, 7) == b"looked\n"
        waiting.send_signal(signal.SIGSTOP)
        until(lambda: _stopped(waiting.pid))
        _outlast(10 * LOOK_SECONDS, until)
        _drain(pipe)
        waiting.send_signal(signal.SIGCONT)
        assert [os.read(pipe, 7) for _ in range(3)] == [b"looked\n"] * 3
    waiting.terminate()
    waiting.communicate()  # it must not wait for a reader
    assert waiting.returncode == 0


def test_it_ends_with_another_code_where_a_part_is_missing() -> None:
    done = subprocess.run([sys.executable, "-c", _WAITING, "dead"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
