"""Debian's chromium, driven by Playwright, and what a page did wrong while nobody looked.

Before: tools, which installs it. After: acmeair_page, screenshots. Never here: a browser that is downloaded, or what a
test expects.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

DESKTOP, PHONE = (1200, 800), (390, 800)
# It runs as root in a container's or a laptop's memory, and speaks with nobody but the page's own site.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Raises RuntimeError where Debian's isn't installed."""
    program = shutil.which("chromium")
    if program is None:
        message = "there is no chromium: `python -m tests.support.tools` installs Debian's"
        raise RuntimeError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A browser's window on one site, and what went wrong in it: faults of the page, breaches of its content policy."""

    def __init__(self, browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> None:
        width, height = size
        self.context: BrowserContext = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-GB",
        )
        self.faults: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self._heard(message.type, message.text))

    def _heard(self, kind: str, text: str) -> None:
        """A status of 4xx or 503 is an answer, of which the browser speaks too; the rest is a fault."""
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.faults.append(text)

    def close(self) -> None:
        """Close the window; cookies and all else of it are gone."""
        self.context.close()
