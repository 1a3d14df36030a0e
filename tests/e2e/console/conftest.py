"""A loop with its console, a browser that is signed in, the watched directory in git: one of each for a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched, chromium
from tests.support.console import OPTIONS, Console, Repository, address, enter
from tests.support.loop_process import LoopProcess


@pytest.fixture(scope="module")
def loop(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A running loop with an empty spec directory and a console; its environment is gone afterwards."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"), options=OPTIONS)
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def git(loop: LoopProcess) -> Repository:
    """What each change did to the files."""
    return Repository(loop.specs)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    with chromium() as running:
        yield running


@pytest.fixture
def window(loop: LoopProcess, browser: Browser) -> Iterator[Watched]:
    """A window that nobody has signed in; at its end the page has done nothing wrong."""
    opened = Watched(browser, address(loop))
    try:
        yield opened
        assert opened.faults == []
    finally:
        opened.close()


@pytest.fixture
def console(window: Watched, loop: LoopProcess) -> Console:
    """A window that is signed in."""
    enter(window.page, loop)
    return Console(window.page, loop)
