"""One key that ends what is on the screen, read without Enter.

Before: a terminal as standard input. After: a flag. Ctrl-C stays what it is; the terminal is put back as it was.
"""

import os
import select
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.1


@contextmanager
def flag_on_key(descriptor: int, keys: bytes, flag: threading.Event) -> Iterator[None]:
    """Set `flag` as soon as one of `keys` is typed at the terminal `descriptor`, or that terminal is gone."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    done = threading.Event()
    reader = threading.Thread(target=_read, args=(descriptor, keys, flag, done), name="keys", daemon=True)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _read(descriptor: int, keys: bytes, flag: threading.Event, done: threading.Event) -> None:
    while not (done.is_set() or flag.is_set()):
        readable, _, _ = select.select([descriptor], [], [], _LOOK_SECONDS)
        if not readable:
            continue
        try:
            typed = os.read(descriptor, 64)
        except OSError:
            typed = b""
        if not typed or any(key in keys for key in typed):
            flag.set()
