"""A line of output to somebody who may have stopped reading.

Before: load. After: nothing. Never here: what is said.
"""

import os
from typing import TextIO


def tell(text: str, stream: TextIO) -> None:
    """Write a line at once; where the reader has gone (`| head`), this and all that follows goes nowhere."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # what is left in the stream's buffer is flushed there at the end
        os.close(nowhere)
