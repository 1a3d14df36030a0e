"""The fault catalogue speaks of tests that there are, for every row."""

import re

import pytest

from tests.support.loop_process import ROOT

PAGE = ROOT / "docs" / "explanation" / "fault-catalogue.md"
ROW = re.compile(r"^\| (\d+) \| (.*) \| (.*) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROWS = {int(number): tests for number, _, _, tests in ROW.findall(PAGE.read_text(encoding="utf-8"))}
FAULTS = 30


def test_no_fault_is_left_out() -> None:
    assert list(ROWS) == list(range(1, FAULTS + 1))


@pytest.mark.parametrize("number", ROWS)
def test_each_row_names_tests_that_there_are(number: int) -> None:
    named = NAMED.findall(ROWS[number])
    assert named, "no test is named"
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"
