"""A drill while it runs: on a terminal a few lines that are drawn again and again, elsewhere a line for what happens.
And what came of it, in lines.

Before: drilling. After: standard error, so that the result stays by itself. Reads the Recording; changes nothing.
"""

import sys
from collections.abc import Callable, Iterator
from textwrap import wrap
from threading import Event, Thread
from typing import Any, Self

from rich.live import Live
from rich.text import Text

from reconciler.console.terminal import make_console
from reconciler.drill.expecting import probe_shares
from reconciler.drill.recording import Measured, Recording, StepRun
from reconciler.drill.recovering import is_ready
from reconciler.drill.rules import longest_seconds
from reconciler.drill.stage import Clock
from reconciler.drill.timeline import clock as shown
from reconciler.drill.values import Drill

_EVERY_SECONDS = 0.25
_WIDEST = 80
_JOIN_SECONDS = 2.0


class Display:
    """Shows what is recorded between its `with` and its end; `quiet` shows nothing."""

    def __init__(
        self, drill: Drill, recording: Recording, clock: Clock, load_words: Callable[[], str], *, quiet: bool
    ) -> None:
        self._drill = drill
        self._recording = recording
        self._clock = clock
        self._load_words = load_words
        self._console = make_console(sys.stderr)
        self._stop = Event()
        self._told: set[str] = set()
        job = self._draw if self._console.is_terminal else self._tell
        self._thread = None if quiet else Thread(target=job, name="drill-display", daemon=True)

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _draw(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self._lines(), refresh=True)
                if self._stop.wait(_EVERY_SECONDS):
                    return

    def _lines(self) -> Text:
        measured = self._recording.measured(self._clock.now())
        width = min(self._console.width, _WIDEST)
        return Text("\n").join(_cut(line, width) for line in screen(self._drill, measured, self._load_words()))

    def _tell(self) -> None:
        while True:
            ended = self._stop.wait(_EVERY_SECONDS)
            for line in happenings(self._recording.measured(self._clock.now())):
                if line not in self._told:
                    self._told.add(line)
                    self._console.file.write(line + "\n")
                    self._console.file.flush()
            if ended:
                return


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def screen(drill: Drill, measured: Measured, load_words: str) -> Iterator[Text]:
    """The lines of now. Each begins with what it is about."""
    now = measured.ended_at - measured.began_at
    most = longest_seconds(drill.steps)
    head = Text.assemble(("drill ", "dim"), (drill.name, "bold"), (f"  {shown(now)} of {shown(most)} at most", "dim"))
    yield head
    for step in [step for step in measured.steps if step.ended_at is None]:
        left = max(step.begun_at + step.most_seconds - measured.ended_at, 0.0)
        yield _line("step", f"{step.text}  ({left:.0f} s left{_at_most(step)})", "cyan")
    for span in [span for span in measured.spans if span.ended_at is None]:
        yield _line("fault", f"{span.says}  ({measured.ended_at - span.begun_at:.0f} s)", "yellow")
    if measured.worlds:
        yield _ready(measured, drill)
    for name, (count, bad) in probe_shares(drill, measured):
        yield _line("steady", f"{name}: {bad} of {count} failed", "red" if bad else "green")
    if load_words:
        yield _line("load", load_words.removeprefix("load: "), "")


def _at_most(step: StepRun) -> str:
    """Waits end as soon as they may."""
    return " at most" if step.text.startswith("wait until") else ""


def _ready(measured: Measured, drill: Drill) -> Text:
    last = measured.worlds[-1]
    if last.problem:
        return _line("ready", last.problem, "red")
    counts = "  ".join(f"{cluster.name} {cluster.ready}/{cluster.desired}" for cluster in last.clusters)
    return _line("ready", counts, "green" if is_ready(last, drill.needs.clusters) else "yellow")


def _line(word: str, text: str, style: str) -> Text:
    return Text.assemble((f"  {word:<8}", "dim"), (text, style))


def happenings(measured: Measured) -> Iterator[str]:
    """A line for each thing that has happened, in the order of time."""
    found: list[tuple[float, str]] = [(at, text) for at, text in measured.remarks]
    found += [(span.ended_at, f"  over: {span.says}") for span in measured.spans if span.holds and span.ended_at]
    found += [(step.begun_at, step.text) for step in measured.steps]
    found += [(span.begun_at, f"  {span.says}") for span in measured.spans]
    for at, text in sorted(found, key=lambda one: one[0]):
        yield f"{shown(at - measured.began_at):>6}  {text}"


def results(document: dict[str, Any], width: int | None) -> Iterator[str]:
    """What came of a drill: each expectation, what was done beside the steps, the verdict; folded to a `width`."""
    for one in document["expectations"]:
        yield from _folded(f"{'met' if one['good'] else 'NOT MET':<8} {one['name']}: {one['measured']}", 2, width)
        for detail in (f"expected: {one['wanted']}", *(one["details"] if not one["good"] else ())):
            yield from _folded(detail, 13, width)
    for remark in document["remarks"]:
        yield from _folded(remark["text"], 2, width)
    word = "" if document["ending"]["kind"] == "aborted" else "passed: " if document["passed"] else "BROKEN: "
    yield from _folded(f"{word}{document['verdict']}", 0, width)


def _folded(text: str, indent: int, width: int | None) -> list[str]:
    begin = " " * indent
    if width is None:
        return [begin + text]
    return wrap(text, width, initial_indent=begin, subsequent_indent=" " * max(indent + 2, 13 if indent else 2))
