"""Structured lines, one for each thing that happened, on standard output: time, level, part, event, values.

What is said again and again (a dependency that stays away) is said once, when it changes; that is the callers' part.
No session, password or key is ever a value.
"""

import json
import sys
from datetime import UTC, datetime


def say(part: str, event: str, *, level: str = "info", **values: object) -> None:
    """`2026-11-28T18:00:00.123Z level=info part=eureka event=registered url=http://…`."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    words = [f"{now}Z", f"level={level}", f"part={part}", f"event={event}"]
    words += [f"{name}={_quoted(value)}" for name, value in values.items()]
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and text.isprintable() and not any(sign in text for sign in ' "=\\')
    return text if plain else json.dumps(text)


class Changes:
    """Says a state only when it is another one than the last."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._last: tuple[str, str] | None = None

    def say(self, event: str, *, level: str = "info", reason: str = "", **values: object) -> None:
        """One line when event or reason changed."""
        if (event, reason) == self._last:
            return
        self._last = (event, reason)
        if reason:
            values["reason"] = reason
        say(self._part, event, level=level, **values)
