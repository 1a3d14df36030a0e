"""The tutorial's commands, typed as they stand there, in the tests' own cloud instead of one on fixed ports."""

import re

import pytest

from tests.support.acmeair import Cloud
from tests.support.loop_process import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]
TUTORIAL = ROOT / "docs" / "tutorials" / "acme-air.md"
# The cloud runs already, under another name; it is put away when all tests are done.
ELSEWHERE = ("make acmeair", "export RECONCILER_ENV", "reconciler down")


def script(air: Cloud) -> str:
    """The shell blocks, one after the other."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith(ELSEWHERE)]
    return "\n".join(lines).replace("acmeair-", f"{air.loop.env}-").replace("127.0.0.1:8080", f"127.0.0.1:{air.site}")


def test_every_command_of_the_tutorial_does_what_the_text_says(air: Cloud) -> None:
    done = air.loop.shell(f"set -x\n{script(air)}", seconds=360)
    assert done.code == 0, done.out + done.err
    assert done.out.count("UN ") == 4  # two nodes, asked twice
    assert "cassandra2.cassandra" in done.out
    assert "died: exit 137" in done.out
    requests, failed = re.findall(r"^(\d+) requests, (\d+) failed$", done.out, re.MULTILINE)[0]
    assert int(requests) > 100
    assert int(failed) <= int(requests) / 1000
    assert "web: size 4" in done.out
    assert "web: size 2" in done.out
