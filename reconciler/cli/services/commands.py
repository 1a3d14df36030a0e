"""Commands of ours that take their time, for the API and the console: in a process of their own, as from a terminal.

Before: their routes and pages. After: the command line itself, whose output becomes the operation's log. Stopped as by
Ctrl-C, so that it undoes what it did; by force only where it doesn't end.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.cli.options import with_engine
from reconciler.errors import ReconcilerError, UsageError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.drill.values import Drill, Step

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_END_SECONDS = 60.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandService:
    """See api.services.Commands. `end_seconds`: how long a stopped command may take to undo what it did."""

    settings: Settings
    operations: OperationRegister
    end_seconds: float = _END_SECONDS

    def doctor(self) -> tuple[Mapping[str, Any], ...]:
        """The findings."""
        from reconciler.setup import doctor

        return tuple(finding.as_json() for finding in doctor.check(with_engine(self.settings.engine_url)))

    def build_images(self, names: Sequence[str], by: str) -> Operation:
        """As `images build`, of all of them where none is named."""
        wrong = [name for name in names if not _IMAGE.fullmatch(name)]
        if wrong:
            raise UsageError(f"names: {wrong[0]!r} is no image's name; `reconciler images list` shows them")
        says = f"build the image{'' if len(names) == 1 else 's'} {', '.join(names)}" if names else "build all images"
        return self.operations.begin(
            "images", says, by, lambda reporter: self._run(("images", "build", *names), reporter)
        )

    def drill(self, text: str, by: str) -> Operation:
        """Run a drill; its report is kept in the state directory. Raises SpecError for a text that is none, UsageError
        for one that would start programs of this machine or read its files: the token isn't meant to open that.
        """
        from reconciler.drill.reading import parse_drill

        read = parse_drill(text.encode("utf-8", "surrogatepass"), file="drill.yaml")
        if wrong := tuple(_reaching_out(read)):
            raise UsageError("\n".join(f"{what}; run such a drill with `reconciler drill`" for what in wrong))
        place = self.settings.state / "drills" / f"{read.name}-{time.strftime('%Y%m%d-%H%M%S')}"

        def work(reporter: Reporter) -> str:
            with TemporaryDirectory(prefix="reconciler-drill-") as private:  # mode 0700
                file = Path(private) / "drill.yaml"
                file.write_text(text, encoding="utf-8")
                return self._run(("drill", str(file), "--unleash", "--report", str(place), *self._place()), reporter)

        return self.operations.begin("drill", f"drill {read.name}", by, work)

    def _place(self) -> tuple[str, ...]:
        settings = self.settings
        return ("--env", settings.env, "--domain", settings.domain, "--state", str(settings.state))

    def _run(self, words: Sequence[str], reporter: Reporter) -> str:
        began_at = time.monotonic()
        command = (sys.executable, "-P", "-m", "reconciler.cli.child", *words)
        environ = {**with_engine(self.settings.engine_url), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb"}
        with subprocess.Popen(  # our own command, its words are checked
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            reading = Thread(target=_read, args=(process, reporter), daemon=True)
            reading.start()
            code = self._ended(process, reporter)
            reading.join()
        took = time.monotonic() - began_at
        if reporter.stopping.is_set():
            return f"stopped after {took:.1f} s"
        if code:
            raise ReconcilerError(f"`reconciler {words[0]}` ended with exit code {code}; its last lines say why")
        return f"done in {took:.1f} s"

    def _ended(self, process: "subprocess.Popen[str]", reporter: Reporter) -> int:
        """Its exit code; told to end once `stopping` is set, and made to where it doesn't."""
        while process.poll() is None and not reporter.stopping.wait(_LOOK_SECONDS):
            pass
        if process.poll() is None:
            reporter.say("stopping: what it did is undone first")
            _signal(process, signal.SIGINT)
            try:
                process.wait(self.end_seconds)
            except subprocess.TimeoutExpired:
                reporter.say(f"it has not ended within {self.end_seconds:g} s: it is killed")
                _signal(process, signal.SIGKILL)
        return process.wait()


def _reaching_out(read: "Drill") -> Iterator[str]:
    """What of a drill concerns this machine rather than the environment."""
    from reconciler.drill.values import Apply

    if read.clients is not None:
        yield "clients.command: it starts a program of this machine"
    if any(probe.command for probe in read.steady):
        yield "steady: a command starts a program of this machine"
    if any(isinstance(step, Apply) for step in _every(read.steps)):
        yield "apply: it names a file of this machine"


def _every(steps: "Sequence[Step]") -> "Iterator[Step]":
    """With those inside others."""
    from reconciler.drill.values import Repeat, Unleash

    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from _every(step.steps)
        elif isinstance(step, Unleash):
            yield from _every(step.meanwhile)


def _read(process: "subprocess.Popen[str]", reporter: Reporter) -> None:
    for line in process.stdout or ():
        reporter.say(line.rstrip("\n"))


def _signal(process: "subprocess.Popen[str]", number: int) -> None:
    """To all of its processes; it leads a group of its own. Its number is ours until it has been waited for."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
