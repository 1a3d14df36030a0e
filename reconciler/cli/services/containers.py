"""Looking into instances and ending one, for the API and the console.

Before: their routes and pages. After: the engine (logs, commands), the loop, which ends an instance and puts another in
its place.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Protocol

from reconciler.api.backend import Backend
from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import Executed
from reconciler.cli import session
from reconciler.cli.services.telling import News
from reconciler.cli.whole_lines import WholeLines
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import ClusterStatus, InstanceStatus
from reconciler.plan.terminations import is_replaced

MOST_OUTPUT_BYTES = 1024 * 1024
MOST_LOG_LINES = 10_000
_MOST_LOG_BYTES = 4 * 1024 * 1024
_MOST_LINE_BYTES = 64 * 1024
_MOST_SECONDS = 300.0
_READY_SECONDS = 300.0
_LOOK_SECONDS = 0.1


class Engine(Protocol):
    """What is needed of the engine."""

    def logs(self, id: str, *, follow: bool, tail: int | None, stop: Flag) -> Iterator[tuple[bool, bytes]]:
        """Pieces of what it wrote, as (is it stderr, bytes)."""

    def capture(self, id: str, argv: Sequence[str], *, seconds: float, most_bytes: int) -> tuple[int | None, bytes]:
        """A command's exit code and output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerService:
    """See api.services.Containers. `ready_seconds`: how long a successor is waited for."""

    loop: Backend
    engine: Engine
    operations: OperationRegister
    ready_seconds: float = field(default=_READY_SECONDS)

    def logs(self, name: str, tail: int) -> str:
        """The newest `tail` lines, at most as much as is read at once."""
        instance = self._readable(name)
        lines: deque[str] = deque()
        size = 0
        for line in self._lines(instance, tail, Flag(), follow=False):
            lines.append(line)
            size += len(line) + 1
            while size > _MOST_LOG_BYTES and len(lines) > 1:
                size -= len(lines.popleft()) + 1
        return "".join(f"{line}\n" for line in lines)

    def follow_logs(self, name: str, tail: int, stop: Flag) -> Iterator[str]:
        """Lines from the newest `tail` on, until `stop` is set or the container ends."""
        # Not in the generator: who asks for one that isn't there learns it before anything is sent.
        instance = self._readable(name)
        return self._lines(instance, tail, stop, follow=True)

    def _readable(self, name: str) -> InstanceStatus:
        """Also one that has ended: a task's run, or one that died, has its log still."""
        world = self.loop.status()
        cluster, instance = session.find(world, name)
        there = [one for one in cluster.instances if one.id]
        if instance is None and there and not any(one.phase in ("running", "paused") for one in there):
            return there[0]
        return session.one_instance(world, name)

    def _lines(self, instance: InstanceStatus, tail: int, stop: Flag, *, follow: bool) -> Iterator[str]:
        whole = WholeLines(_MOST_LINE_BYTES)
        most = min(max(tail, 0), MOST_LOG_LINES)
        for is_error, piece in self.engine.logs(instance.id, follow=follow, tail=most, stop=stop):
            if not piece:
                yield ""
            for line in whole.take(piece, is_error=is_error):
                yield _text(line)
        for _, line in whole.rest():
            yield _text(line)

    def execute(self, name: str, command: Sequence[str], seconds: float) -> Executed:
        """Run a command there; what it prints beyond a limit is cut off, and so is its end then."""
        if not command or not command[0]:
            raise UsageError("command: give the words of a command")
        if not 0 < seconds <= _MOST_SECONDS:
            raise UsageError(f"seconds: give more than 0 and at most {_MOST_SECONDS:g}")
        instance = session.one_instance(self.loop.status(), name)
        code, output = self.engine.capture(instance.id, command, seconds=seconds, most_bytes=MOST_OUTPUT_BYTES)
        cut_off = len(output) > MOST_OUTPUT_BYTES
        return Executed(
            exit_code=code, output=output[:MOST_OUTPUT_BYTES].decode("utf-8", "replace"), cut_off=cut_off
        )  # fmt: skip

    def terminate(self, name: str, by: str) -> Operation:
        """End one instance; the operation lasts until another one is ready in its place."""
        cluster, instance = session.find(self.loop.status(), name)
        if instance is None:
            raise UsageError(f"{name} is a cluster: name one of its instances, such as {name}-1")
        if not instance.id:
            raise UsageError(f"{name} is only being made: there is nothing to terminate yet")
        self.operations.insist_on_room()
        news = News(self.loop, (cluster.name,))
        ended = self.loop.terminate(cluster.name, instance.number, instance.id, by, "")
        subject = f"{cluster.name}-{instance.number}"

        def work(reporter: Reporter) -> str:
            return self._follow(cluster.name, instance.number, ended, news, reporter)

        return self.operations.begin(
            "terminate", f"terminate {subject}", by, work, clusters=(cluster.name,), done_already=True
        )

    def _follow(self, cluster: str, number: int, ended: str, news: News, reporter: Reporter) -> str:
        """Until it is gone and replaced."""
        subject = f"{cluster}-{number}"
        began_at = time.monotonic()
        while True:
            news.tell(reporter)
            found = next((one for one in self.loop.status().clusters if one.name == cluster), None)
            outcome = _outcome(found, subject, number, ended)
            took = time.monotonic() - began_at
            if outcome:
                news.tell(reporter)
                return f"{outcome} after {took:.1f} s"
            if took > self.ready_seconds:
                raise ReconcilerError(
                    f"{subject} is not replaced within {self.ready_seconds:g} s; the status of {cluster} says why"
                )
            if reporter.stopping.wait(_LOOK_SECONDS):
                return f"no longer followed; {subject} ends all the same, and the loop puts another in its place"


def _outcome(cluster: ClusterStatus | None, subject: str, number: int, ended: str) -> str:
    """How it ended; empty while it hasn't."""
    if cluster is None:
        return f"{subject} is gone, and so is its cluster"
    if not is_replaced(cluster, number, ended):
        return ""
    counts = f"{cluster.ready} of {cluster.desired} are ready"
    if cluster.ready > cluster.desired:  # two groups stand
        counts = f"{cluster.ready} are ready, {cluster.desired} wanted"
    return f"{subject} is gone, and {counts}"


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")
