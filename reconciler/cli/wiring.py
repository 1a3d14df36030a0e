"""Wiring a loop to its edges: its names, the API on its socket, the web console, signals, the log.

Before: `run`. After: naming, keeping, console_beside, loop.runner. A crash point for tests is read here and nowhere
else.
"""

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from reconciler.api.server import ControlServer
from reconciler.cli.console_beside import ConsoleBeside
from reconciler.cli.keeping import keeper_of
from reconciler.cli.naming import opener
from reconciler.engine.docker import connect
from reconciler.engine.logs import configure
from reconciler.engine.steps import BOUNDARIES, Boundary, no_boundary
from reconciler.errors import LockHeld, UsageError
from reconciler.loop.assembly import surroundings
from reconciler.loop.runner import Loop
from reconciler.loop.settings import Settings

log = logging.getLogger("reconciler")
CRASH_VARIABLE = "RECONCILER_CRASH_AT"
_END_SECONDS = 1.4
_KEEPER_SECONDS = 0.3
_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


def run_loop(settings: Settings) -> None:
    """Run the environment's loop until SIGTERM or SIGINT; containers stay. Raises ReconcilerError at the start."""
    stop = threading.Event()
    loops: list[Loop] = []

    def end() -> None:
        stop.set()
        for loop in loops:
            loop.stop()

    with ExitStack() as stack:
        stack.enter_context(_ended_by_signals(end))
        stack.callback(configure(settings.log_format).close)
        console = _console(settings, stack)
        try:
            around = stack.enter_context(
                surroundings(
                    settings,
                    on_problem=lambda text: log.warning("%s", text),
                    standby_stop=stop if settings.standby else None,
                    open_names=opener(settings),
                    boundary=crash_boundary(os.environ.get(CRASH_VARIABLE, "")),
                )
            )
        except LockHeld:
            if stop.is_set():  # told to end while standing by
                return
            raise
        beside = connect(settings.engine_url)
        stack.callback(beside.close)
        keeper = keeper_of(beside, settings, lambda: loops[0])
        loop = Loop(settings, replace(around, faults=keeper.faults))
        loops.append(loop)
        server = ControlServer(loop, settings.socket, lambda text: log.warning("%s", text))
        server.start()
        stack.callback(server.close)
        if stop.is_set():
            return
        keeper.start()
        stack.callback(keeper.stop, _KEEPER_SECONDS)
        if console is not None:
            console.begin(loop, beside)
            stack.callback(console.close)
        loop.run()


def _console(settings: Settings, stack: ExitStack) -> ConsoleBeside | None:
    """With its port, so that nothing is begun where that is taken. Raises UsageError."""
    if settings.console is None:
        return None
    console = ConsoleBeside(settings, settings.console)
    stack.callback(console.close)
    console.take_port()
    return console


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Within, SIGTERM and SIGINT call `end` in a thread of their own, and the process is gone soon after.

    Not in a handler: a handler runs between any two steps of the main thread, which may hold the very locks that
    `end` needs. What hangs then (an engine that doesn't answer, a disk) is not waited for: an end by force is safe
    at any moment, and leaves the containers as they are.
    """
    ended = threading.Event()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def wait() -> None:
        # Not sigtimedwait: when SIGSTOP outlasts its time limit, SIGCONT makes it return a signal that never came.
        signal.sigwait(_SIGNALS)
        if ended.is_set():
            return
        end()
        if not ended.wait(_END_SECONDS):
            log.warning("ending without waiting for what hangs; containers stay as they are")
            logging.shutdown()
            os._exit(0)

    waiter = threading.Thread(target=wait, name="signals", daemon=True)
    waiter.start()
    try:
        yield
    finally:
        ended.set()
        if waiter.ident is not None and waiter.is_alive():
            signal.pthread_kill(waiter.ident, signal.SIGTERM)
        waiter.join()
        while signal.sigpending() & _SIGNALS:  # asked twice: it ends already
            signal.sigwait(_SIGNALS)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def crash_boundary(text: str) -> Boundary:
    """`create:after` or `create:after@3`: end this process with SIGKILL there (the third time). For tests.

    Raises UsageError for a boundary that there isn't.
    """
    if not text:
        return no_boundary
    name, _, turn = text.partition("@")
    if name not in BOUNDARIES or (turn and not turn.isdigit()):
        raise UsageError(f"{CRASH_VARIABLE}={text}: there is no such boundary; there are {', '.join(BOUNDARIES)}")
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def boundary(here: str) -> None:
        with lock:
            counts[here] += 1
            if here == name and counts[here] == int(turn or 1):
                os.kill(os.getpid(), signal.SIGKILL)

    return boundary
