"""JSON lines on standard input and output. Never here: what they mean."""

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from fault_helper.settings import Unusable


class Talk:
    """`ended`: nobody will say anything any more, which is no reason to end: only the end of time is."""

    def __init__(self, source: int = 0, sink: int = 1) -> None:
        self.source = source
        self.ended = False
        self._sink = sink
        self._rest = b""
        os.set_blocking(source, False)

    def tell(self, message: Mapping[str, Any]) -> None:
        """Say it to whoever listens; that nobody does must not keep a fault from being undone."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with contextlib.suppress(OSError):
            while line:
                line = line[os.write(self._sink, line) :]

    def hear(self) -> list[dict[str, Any]]:
        """What was said since, in order. Raises Unusable for what is no request."""
        try:
            more = os.read(self.source, 1 << 16)
        except BlockingIOError:
            return []
        if not more:
            self.ended = True
        *lines, self._rest = (self._rest + more).split(b"\n")
        return [_request(line) for line in lines if line.strip()]


def _request(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise Unusable(f"a line holds no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unusable("a line holds no JSON object")
    return found
