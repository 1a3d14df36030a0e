"""A key typed at a terminal ends what is shown; the terminal is put back as it was."""

import os
import termios
import threading
from collections.abc import Iterator

import pytest

from reconciler.console.keys import flag_on_key

SECONDS = 5.0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = os.openpty()
    try:
        yield master, slave
    finally:
        os.close(slave)
        os.close(master)


def test_the_key_sets_the_flag_and_others_do_not(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    leave = threading.Event()
    with flag_on_key(slave, b"qQ", leave):
        os.write(master, b"x")
        assert not leave.is_set()
        os.write(master, b"q")
        assert leave.wait(SECONDS)


def test_the_terminal_is_put_back_as_it_was(terminal: tuple[int, int]) -> None:
    _, slave = terminal
    before = termios.tcgetattr(slave)
    with flag_on_key(slave, b"q", threading.Event()):
        assert termios.tcgetattr(slave) != before
    assert termios.tcgetattr(slave) == before
