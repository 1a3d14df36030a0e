"""What the server in the container writes to its log, within bounds: strangers may cause lines, but not fill a disk.

Before: program, first of all. After: standard error, which the engine keeps. Bounded here and not where lines are
written, so that no place can be forgotten. Never here: what is worth a line.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable

PERIOD_SECONDS = 60.0
MOST_LINES = 20  # of one place in the code within a period
MOST_CHARACTERS = 1_000  # of one line; what else is said of an exception is the code's own
_FORMAT = "%(levelname)s %(message)s"

log = logging.getLogger(__name__)


class Bounded(logging.Filter):
    """Lets MOST_LINES of each place through in a period, the last one with a word of what follows; `clock` is
    monotonic, in seconds. A handler asks it under its lock, one thread at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began_at = clock()
        self._seen: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written; shortens it where it is too long."""
        now = self._clock()
        if now - self._began_at >= PERIOD_SECONDS:
            self._began_at = now
            self._seen.clear()
        place = (record.pathname, record.lineno)
        count = self._seen[place] = self._seen.get(place, 0) + 1
        if count > MOST_LINES:
            return False
        text = record.getMessage()
        more = " (more of the same is left out for a minute)" if count == MOST_LINES else ""
        record.msg, record.args = text[:MOST_CHARACTERS] + more, ()
        return True


def begin_logging() -> None:
    """To standard error; what ends a thread goes there by the same way."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(Bounded())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    threading.excepthook = _ended_by_fault


def _ended_by_fault(ended: threading.ExceptHookArgs) -> None:
    fault = ended.exc_value or ended.exc_type()
    log.error("a thread ended by a fault of its own", exc_info=(ended.exc_type, fault, ended.exc_traceback))
