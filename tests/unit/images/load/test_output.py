"""What happens when nobody reads the load's output any more."""

import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from images.load.output import tell


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """Both ends: one to read from, one to write to."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w") as writer:
        yield reader, writer


def test_a_line_is_there_at_once(pipe: tuple[TextIO, TextIO]) -> None:
    reader, writer = pipe
    tell("ten requests", writer)
    assert reader.readline() == "ten requests\n"


def test_a_reader_who_has_gone_is_no_failure_neither_later_nor_at_the_end(pipe: tuple[TextIO, TextIO]) -> None:
    reader, writer = pipe
    reader.close()
    tell("nobody reads this", writer)
    tell("nor this", writer)
    writer.close()  # flushes
