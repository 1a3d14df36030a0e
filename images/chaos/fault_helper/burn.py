"""Processor time used up beside the victim: the fault `burn`.

Before: program. After: threads that count hashes, which the interpreter lets run side by side. They end with the
process, however it ends: there is nothing to undo.
"""

import hashlib
import os
import threading
import time

from fault_helper.fault import Fault, Message
from fault_helper.settings import Settings, Unusable, number

_ROUNDS = 20_000  # some milliseconds: how late a burner notices that it is over
_MEASURE_SECONDS = 0.3
_FELT = 0.01  # of a processor


def make(settings: Settings) -> Fault:
    """`cpus`: how many processors to use; default all."""
    most = len(os.sched_getaffinity(0))
    cpus = settings.own.get("cpus")
    return Burn(most if cpus is None else int(number(cpus, "cpus", 1, 256)))


class Burn(Fault):
    """As many burners as processors are to be used."""

    def __init__(self, cpus: int) -> None:
        self._cpus = cpus
        self._over = threading.Event()

    def bite(self) -> Message:
        """Says how many processors it really got: the victim's own limit holds for it too."""
        before, began = time.process_time(), time.monotonic()
        try:
            for _ in range(self._cpus):
                threading.Thread(target=self._burn, daemon=True).start()
        except RuntimeError as error:
            raise Unusable(f"the victim's own limit of processes leaves no room for {self._cpus} burners") from error
        time.sleep(_MEASURE_SECONDS)
        used = (time.process_time() - before) / (time.monotonic() - began)
        if used < _FELT:
            raise Unusable("it gets no processor time")
        return {"cpus": round(used, 2)}

    def heal(self) -> None:
        """They stop within milliseconds."""
        self._over.set()

    def _burn(self) -> None:
        while not self._over.is_set():
            hashlib.pbkdf2_hmac("sha256", b"burn", b"salt", _ROUNDS)
