"""Work that an impatient Ctrl-C doesn't break off: it is done to its end first, and interrupted afterwards.

Before: running, which undoes a fault with it. After: the standard library's threads.
"""

import threading
from collections.abc import Callable


def undisturbed(work: Callable[[], None]) -> None:
    """Do it, and raise what it raised; else the KeyboardInterrupt that came meanwhile."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            raised.append(error)

    thread = threading.Thread(target=run, name="undisturbed")
    interrupted: KeyboardInterrupt | None = None
    try:
        thread.start()
    except KeyboardInterrupt as error:
        interrupted = error
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as error:
            interrupted = error
    if raised:
        raise raised[0]
    if interrupted is not None:
        raise interrupted
