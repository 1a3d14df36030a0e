"""Logs: one line for each thing done, for people (text) or programs (json), written by a thread of their own.

Before: every room, through the standard `logging` with `extra={…}` fields, and `log_event`. After: a stream.
A terminal that is held (Ctrl-S), a full disk or a reader that went away never stops the loop: lines wait in a
bounded buffer, the oldest are dropped and counted. Secrets never appear: fields named like one are masked.
"""

import json
import logging
import re
import sys
from collections import deque
from datetime import UTC, datetime
from shutil import get_terminal_size
from textwrap import wrap
from threading import Condition, Thread
from typing import Any, Literal, TextIO

from reconciler.state.event import Event

Format = Literal["text", "json"]

log = logging.getLogger("reconciler.events")

WAITING_LINES = 10_000
CLOSE_SECONDS = 1.0
MASK = "***"
SECRET_KEY = re.compile(r"(^|_)(token|secret|secrets|password|passwd|authorization|credentials?)$", re.IGNORECASE)
SECRET_TEXT = re.compile(r"(?i)\b(bearer\s+|(?:token|secret|password|passwd)\s*[=:]\s*)([^\s\"',;]+)")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
SHOWN_IN_TEXT = frozenset({"cluster", "subject", "cause", "kind", "result", "duration_seconds", "error"})


class Logs:
    """What `configure` set up; `close` writes what still waits."""

    def __init__(self, handler: "_BufferedHandler") -> None:
        self._handler = handler

    def close(self) -> None:
        """Write the rest, for no longer than CLOSE_SECONDS, and let go of the stream."""
        logging.getLogger("reconciler").removeHandler(self._handler)
        self._handler.close()


def configure(
    format: Format = "text",  # noqa: A002
    stream: TextIO | None = None,
    level: int = logging.INFO,
) -> Logs:
    """Send all that the program logs to `stream` (standard error if None); replaces an earlier set-up."""
    target = stream or sys.stderr
    handler = _BufferedHandler(target)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter(_width(target)))
    root = logging.getLogger("reconciler")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    root.propagate = False
    return Logs(handler)


def log_event(event: Event) -> None:
    """One event as one line: what was done to what, why, how long it took, what went wrong."""
    took = f" ({event.duration_seconds:.2f} s)" if event.duration_seconds else ""
    wrong = f": {event.message}" if event.message else ""
    failed = " failed" if event.result == "failed" else ""
    log.log(
        logging.WARNING if failed else logging.INFO,
        "%s",
        f"{event.kind} {event.subject}{failed}: {event.cause}{took}{wrong}",
        extra={
            "cluster": event.cluster,
            "kind": event.kind,
            "subject": event.subject,
            "cause": event.cause,
            "result": event.result,
            "duration_seconds": round(event.duration_seconds, 6),
            "error": event.message,
        },
    )


class JsonFormatter(logging.Formatter):
    """`{"time","level","logger","message", …fields}`, one object a line; `time` is RFC 3339 in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without a line break in it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        line |= {key: value for key, value in _fields(record).items() if key not in line}
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """`20:15:04 create webapp-1: size 2 to 3 (0.21 s)`; wrapped to `width` columns where that is given."""

    def __init__(self, width: int | None = None) -> None:
        super().__init__()
        self._width = width

    def format(self, record: logging.LogRecord) -> str:
        """The local time, the level where it matters, the message, and fields that it doesn't tell."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname} "
        text = CONTROL.sub(_escaped, masked(record.getMessage()))
        more = {key: value for key, value in _fields(record).items() if key not in SHOWN_IN_TEXT}
        fields = "".join(f" {key}={CONTROL.sub(_escaped, str(value))}" for key, value in more.items())
        line = f"{at} {level}{text}{fields}"
        if self._width:
            line = "\n".join(wrap(line, self._width, subsequent_indent=" " * 9, break_on_hyphens=False))
        if record.exc_info:
            line += "\n" + masked(self.formatException(record.exc_info))
        return line


def masked(text: str) -> str:
    """`text` with what follows `token=`, `password:`, `Bearer ` and their like replaced."""
    return SECRET_TEXT.sub(rf"\1{MASK}", text)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was handed over as `extra`, secrets masked."""
    return {
        key: MASK if SECRET_KEY.search(key) else masked(value) if isinstance(value, str) else value
        for key, value in record.__dict__.items()
        if key not in STANDARD
    }


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _width(stream: TextIO) -> int | None:
    """A terminal's columns; None for files and pipes, where one record is one line for grep."""
    return max(40, get_terminal_size((80, 24)).columns) if stream.isatty() else None


class _BufferedHandler(logging.Handler):
    """Formats where the record arises, writes in its own thread."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._ready = Condition()
        self._closing = False
        self._writer = Thread(target=self._write_always, name="logs", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Line up one record; never waits for the stream."""
        try:
            line = self.format(record)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # A wrong format string must not stop who logs it.
            line = f"a log line could not be formatted: {error!r}"
        with self._ready:
            if len(self._lines) >= WAITING_LINES:
                self._lines.popleft()
                self._dropped += 1
            self._lines.append(line)
            self._ready.notify()

    def close(self) -> None:
        """Let the writer finish what waits, if the stream takes it in time."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._writer.join(CLOSE_SECONDS)
        super().close()

    def _write_always(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._lines or self._closing)
                lines, dropped = list(self._lines), self._dropped
                self._lines.clear()
                self._dropped = 0
            if not lines:
                return
            if dropped:
                lines.insert(0, f"{dropped} log lines were dropped: nobody took them in time")
            self._write("\n".join(lines) + "\n", len(lines))

    def _write(self, text: str, count: int) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # A full disk, a closed pipe: no other place to say so; the count is told when it is back.
            with self._ready:
                self._dropped += count
