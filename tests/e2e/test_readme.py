"""The README's two minutes, typed as they stand there, in an environment and a directory of their own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]
ROOT = Path(__file__).resolve().parents[2]
ENV = "e2ereadme"


def script() -> str:
    """The shell blocks of the section, but for the set-up, which this checkout has had."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Two minutes\n")[2].partition("\n## ")[0]
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)).splitlines()
    typed = [line for line in lines if not line.startswith(("make setup", "export PATH="))]
    return "\n".join(typed).replace("dev-hello", f"{ENV}-hello")


def test_every_command_of_the_two_minutes_does_what_the_text_says(engine: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RECONCILER_ENV": ENV,
        "DOCKER_HOST": engine,
        "XDG_STATE_HOME": str(tmp_path),
    }
    try:
        done = subprocess.run(
            ["bash", "-eux", "-c", script()],
            env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        for words in (
            "hello: size 5",
            "Nothing to do",
            "died: exit 137",
            f"hello.{ENV}.docker",
            "removed 5 containers",
        ):
            assert words in done.stdout
        assert "size: 5 " in (tmp_path / "specs" / "hello.yaml").read_text(encoding="utf-8")
    finally:
        subprocess.run(
            ["reconciler", "down", "--stop", "--yes"],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
