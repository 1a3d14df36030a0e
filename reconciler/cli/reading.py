"""Several instances' output as one stream of whole lines, each marked with its instance.

Before: logs. After: the engine's log streams, one thread each; standard output and standard error stay apart.
"""

import sys
from collections.abc import Sequence
from contextlib import closing
from threading import Event as Flag
from threading import Lock, Thread

from reconciler.cli.whole_lines import WholeLines
from reconciler.errors import EngineError
from reconciler.loop.settings import Settings
from reconciler.plan.status import InstanceStatus

_JOIN_SECONDS = 0.2


def read_logs(settings: Settings, instances: Sequence[InstanceStatus], *, follow: bool, tail: int | None) -> None:
    """Write what they wrote. Raises the first engine error where nothing else was to be read."""
    from reconciler.engine.docker import connect

    stop, lock = Flag(), Lock()
    failures: list[EngineError] = []
    longest = max(len(i.name) for i in instances)
    with closing(connect(settings.engine_url)) as engine:

        def read(instance: InstanceStatus) -> None:
            mark = f"{instance.name:<{longest}}  ".encode() if len(instances) > 1 else b""
            lines = Lines(mark, lock)
            try:
                for is_error, piece in engine.logs(instance.id, follow=follow, tail=tail, stop=stop):
                    lines.write(piece, is_error=is_error)
            except EngineError as error:
                failures.append(error)
            except BrokenPipeError:
                stop.set()
            finally:
                lines.finish()

        if not follow:
            for instance in instances:
                read(instance)
        else:
            _together([Thread(target=read, args=(i,), daemon=True) for i in instances], stop)
    if len(failures) == len(instances):
        raise failures[0]
    for failure in failures:
        sys.stderr.write(f"{failure}\n")


def _together(threads: Sequence[Thread], stop: Flag) -> None:
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(_JOIN_SECONDS)
    finally:
        stop.set()


class Lines:
    """Pieces in, whole lines out: one instance's line is never torn by another's."""

    def __init__(self, mark: bytes, lock: Lock) -> None:
        self._mark = mark
        self._lock = lock
        self._whole = WholeLines()

    def write(self, piece: bytes, *, is_error: bool) -> None:
        """Take a piece; print the lines that it completes."""
        self._print(self._whole.take(piece, is_error=is_error), is_error=is_error)

    def finish(self) -> None:
        """Print what was not ended by a newline."""
        for is_error, line in self._whole.rest():
            self._print([line], is_error=is_error)

    def _print(self, lines: Sequence[bytes], *, is_error: bool) -> None:
        if not lines:
            return
        stream = sys.stderr if is_error else sys.stdout
        with self._lock:
            stream.flush()
            stream.buffer.write(b"".join(self._mark + line + b"\n" for line in lines))
            stream.buffer.flush()
