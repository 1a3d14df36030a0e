"""Commands that undo what they did, however they are ended: signals set an event, and nothing is broken off.

Before: chaos_run, drilling. After: whoever waits looks at the event.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the last: the terminal was closed


@contextmanager
def asked_to_end(stop: threading.Event) -> Iterator[None]:
    """Within, a signal sets `stop` and does nothing else; the first says what will be done."""

    def told(number: int, frame: object) -> None:  # noqa: ARG001  # a handler's signature
        if not stop.is_set():
            with suppress(OSError):  # the stream's own buffer may be in use just now, and nobody may read it any more
                os.write(2, b"\nending: everything is undone first\n")
        stop.set()

    with ExitStack() as stack:
        for number in _SIGNALS:
            stack.callback(signal.signal, number, signal.signal(number, told))
        yield
