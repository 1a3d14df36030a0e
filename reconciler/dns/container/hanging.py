"""Whether the server in the container hangs: the engine says that it runs, the kernel takes connections, all is silent.

Before: keeping, with what befell each connection. After: keeping, which has such a one made anew. One silence is not
enough: it may be of the loop's own making, when that was frozen between a question and its answer.
Never here: sockets, the engine, waiting.
"""

import logging

log = logging.getLogger(__name__)

SILENCES = 2  # in a row, each of feed.ANSWER_SECONDS


class Silence:
    """Of the containers with the ids that it is told; for one thread."""

    def __init__(self) -> None:
        self._heard = ""
        self._silent = ""
        self._count = 0

    @property
    def hung(self) -> str:
        """The id of the one that hangs; empty where none does."""
        return self._silent if self._count >= SILENCES else ""

    def greeted(self, id: str) -> None:
        """It answered, so there is a way to it."""
        self._heard = id

    def ended(self) -> None:
        """The one that there is does what it is told."""
        self._silent, self._count = "", 0

    def noted(self, id: str) -> None:
        """It took a connection, and did not answer."""
        self._count = self._count + 1 if self._silent == id else 1
        self._silent = id
        if self._count == SILENCES:
            log.warning("name server: container %s runs and doesn't answer: it is made anew", id[:12])

    def unreached(self, id: str, error: OSError, *, late: bool) -> bool:
        """Whether a connection that could not be made tells of silence, too; notes it then.

        It says nothing against one that never could be reached: the way there may be missing. Of one that answered
        before (and whose queue is full, say), silence counts; of its successor, that it refuses for too long.
        """
        refuses = late and bool(self._heard) and isinstance(error, ConnectionRefusedError)
        silent = isinstance(error, TimeoutError) and self._heard == id
        if refuses or silent:
            self.noted(id)
        return refuses or silent
