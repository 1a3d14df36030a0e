"""The how-to about the console, run as it stands: its file, its steps, and the clicks between them."""

import socket

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched, chromium
from tests.support.console import Console
from tests.support.how_to import HowTo
from tests.support.loop_process import LoopProcess

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
_PORT = "8600"


def test_the_page_leads_from_the_first_look_to_a_read_only_one(alone: LoopProcess) -> None:
    page = HowTo("use-the-console.md", alone)
    free = str(_free_port())
    page.steps.update({name: step.replace(_PORT, free) for name, step in page.steps.items()})
    page.step("start")
    printed = page.step("address").out
    link = next(word for word in printed.split() if word.startswith("http"))
    with chromium() as browser:
        window = Watched(browser, f"http://127.0.0.1:{free}")
        window.page.goto(link)
        window.page.get_by_role("link", name="site", exact=True).first.click()
        console = Console(window.page, alone)
        window.page.get_by_label("Size", exact=True).fill("3")
        console.press("Resize")
        console.do_it()
        console.until_over()
        changed = [line for line in page.step("diff").out.splitlines() if line.startswith(("-size", "+size"))]
        assert changed == [f"{sign}size: {n}              # the console will change this line, and nothing else"
                           for sign, n in (("-", 2), ("+", 3))]  # fmt: skip
        assert '"site-3"' in page.step("ask").out
        alone.until_ready("site", 2)
        page.step("read_only")
        window.page.goto("/clusters/site")
        expect(window.page.get_by_text("Read only")).to_be_visible()
        expect(window.page.get_by_role("button", name="Resize", exact=True)).to_have_count(0)
        window.close()
    page.step("down")
    assert page.left == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
