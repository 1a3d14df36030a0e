"""Whole lines out of pieces: an instance's two streams come in pieces that end anywhere.

Before: reading (`logs`), services.containers. After: engine.docker's log streams. Pure.
"""


class WholeLines:
    """One instance's output: what is not ended by a newline yet waits for its rest, each stream by itself."""

    def __init__(self) -> None:
        self._rest = {False: b"", True: b""}

    def take(self, piece: bytes, *, is_error: bool) -> list[bytes]:
        """The lines that a piece completes, without their ends."""
        *lines, self._rest[is_error] = (self._rest[is_error] + piece).split(b"\n")
        return lines

    def rest(self) -> list[tuple[bool, bytes]]:
        """What was never ended, once, as (is it stderr, line)."""
        left = [(is_error, line) for is_error, line in self._rest.items() if line]
        self._rest = {False: b"", True: b""}
        return left
