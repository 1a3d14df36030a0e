"""Steps told: one line each at 80 columns, with what was done, what came of it, and the seconds."""

from io import StringIO

import pytest
from rich.console import Console

from reconciler.console.narrator import Narrator


def told(width: int = 200) -> tuple[Narrator, StringIO]:
    stream = StringIO()
    return Narrator(Console(file=stream, width=width, markup=False, highlight=False)), stream


def test_a_step_is_one_line_with_its_seconds_at_the_right() -> None:
    narrator, stream = told()
    with narrator.step("Kill hello2", "until it is replaced") as step:
        step.came("died: exit 137; new one begun after 0.2 s", seconds=1.53)
    line = stream.getvalue().rstrip("\n")
    assert line == "  Kill hello2            died: exit 137; new one begun after 0.2 s         1.5 s"
    assert len(line) == 80


def test_what_came_of_it_wraps_below_itself() -> None:
    narrator, stream = told()
    with narrator.step("Kill hello2") as step:
        step.came("word " * 20, seconds=1.0)
    lines = stream.getvalue().splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 25 + "word") for line in lines[1:])


def test_a_step_that_fails_is_not_told() -> None:
    narrator, stream = told()
    with pytest.raises(ValueError, match="no"), narrator.step("Kill hello2"):
        raise ValueError("no")
    assert stream.getvalue() == ""


def test_without_seconds_of_its_own_a_step_counts_how_long_it_took() -> None:
    narrator, stream = told()
    with narrator.step("Look") as step:
        step.began_at -= 5.0
        step.came("seen")
    assert stream.getvalue().rstrip().endswith("5.0 s")
