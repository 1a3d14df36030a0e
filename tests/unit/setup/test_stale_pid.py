"""A pid file that a killed engine left behind must not keep the next one from starting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.setup.daemon import _forget_stale_pid


def test_the_pid_of_a_zombie_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "dockerd.pid"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # ended, and not taken note of: a zombie
    path.write_text(f"{ended.pid}\n")
    name = Path(f"/proc/{ended.pid}/comm").read_text().strip()
    _forget_stale_pid(path, name)
    assert not path.exists()
    ended.wait()


@pytest.mark.parametrize("pid", [str(2**22 + 1), "1", "no number"])
def test_a_pid_that_is_nobodys_or_anothers_is_forgotten(tmp_path: Path, pid: str) -> None:
    path = tmp_path / "dockerd.pid"
    path.write_text(pid)
    _forget_stale_pid(path, "dockerd")
    assert not path.exists()


def test_the_pid_of_one_that_runs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "own.pid"
    path.write_text(str(os.getpid()))
    _forget_stale_pid(path, Path("/proc/self/comm").read_text().strip())
    assert path.exists()
