"""Whole lines out of pieces: an instance's two streams come in pieces that end anywhere.

Before: reading (`logs`), services.containers. After: engine.docker's log streams. Pure.
"""


class WholeLines:
    """One instance's output: what is not ended by a newline yet waits for its rest, each stream by itself.

    `most_bytes`: of a longer line that much comes as one, for who can't keep what never ends.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self._most_bytes = most_bytes
        self._rest = {False: b"", True: b""}

    def take(self, piece: bytes, *, is_error: bool) -> list[bytes]:
        """The lines that a piece completes, without their ends."""
        *lines, self._rest[is_error] = (self._rest[is_error] + piece).split(b"\n")
        if self._most_bytes is not None and len(self._rest[is_error]) >= self._most_bytes:
            lines.append(self._rest[is_error])
            self._rest[is_error] = b""
        return lines

    def rest(self) -> list[tuple[bool, bytes]]:
        """What was never ended, once, as (is it stderr, line)."""
        left = [(is_error, line) for is_error, line in self._rest.items() if line]
        self._rest = {False: b"", True: b""}
        return left
