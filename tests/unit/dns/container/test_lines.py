"""Whatever strangers cause, the log of the container stays small."""

import io
import logging
import subprocess
import sys

from reconciler.dns.container.lines import MOST_CHARACTERS, MOST_LINES, PERIOD_SECONDS, Bounded


class Log:
    """A logger of its own whose lines are kept, and a clock that tests move."""

    def __init__(self) -> None:
        self.now = 100.0
        self._written = io.StringIO()
        handler = logging.StreamHandler(self._written)
        handler.addFilter(Bounded(lambda: self.now))
        self.log = logging.Logger("bounded")  # noqa: LOG001  # of this test alone
        self.log.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        return self._written.getvalue().splitlines()


def test_one_place_writes_so_many_lines_and_says_that_more_are_left_out() -> None:
    here = Log()
    for number in range(MOST_LINES + 100):
        here.log.info("line %d", number)
    here.log.info("from another place")
    assert len(here.lines) == MOST_LINES + 1
    assert here.lines[0] == "line 0"
    assert "left out" in here.lines[MOST_LINES - 1]
    assert here.lines[-1] == "from another place"


def test_after_a_while_it_writes_again() -> None:
    here = Log()
    for _ in range(2):
        for _ in range(MOST_LINES + 1):
            here.log.info("line")
        here.now += PERIOD_SECONDS
    assert len(here.lines) == 2 * MOST_LINES


def test_a_long_line_is_cut() -> None:
    here = Log()
    here.log.info("said: %s", "x" * 1_000_000)
    assert len(here.lines[0]) == MOST_CHARACTERS


_FAULTS = """
import threading
from reconciler.dns.container.lines import begin_logging
begin_logging()
for number in range(100):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
"""


def test_threads_that_end_by_a_fault_are_told_of_within_the_same_bounds() -> None:
    done = subprocess.run([sys.executable, "-c", _FAULTS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.count("ZeroDivisionError: ") == MOST_LINES
