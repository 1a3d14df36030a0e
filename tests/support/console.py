"""The web console as a person's hands and eyes have it: sign in, propose, look at the difference, do it, follow.

Before: browser, a loop with `--console`. After: tests in a browser, figures, pictures. Never here: what ought to come
of an action, but for the page that it leads to.
"""

import re
import subprocess
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.loop_process import LoopProcess

OPTIONS = ("--console", "127.0.0.1:0")
_SECONDS_TO_END = 60


def address(loop: LoopProcess) -> str:
    """Where the console of a running loop is."""
    return loop.client.info()["console"]


def token(loop: LoopProcess) -> str:
    """What a person signs in with."""
    return (loop.state / "token").read_text(encoding="ascii").strip()


def enter(page: Page, loop: LoopProcess) -> None:
    """As the link does that `reconciler console` prints."""
    page.goto(f"/sign-in#{token(loop)}")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


class Console:
    """One window that is signed in."""

    def __init__(self, page: Page, loop: LoopProcess) -> None:
        self.page = page
        self.loop = loop
        self.main = page.locator("main")

    def open(self, path: str) -> None:
        """Go there, and have the page live."""
        self.page.goto(path)

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """One button or link, by its name alone."""
        place = within or self.main
        place.get_by_role("button", name=name, exact=True).or_(
            place.get_by_role("link", name=name, exact=True)
        ).first.click()

    def do_it(self) -> str:
        """From the page that shows what would be to the task that does it; its number."""
        self.press("Do it")
        self.page.wait_for_url(re.compile(r"/tasks/\d+$"))
        return self.page.url.rpartition("/")[2]

    def until_over(self, word: str = "done", seconds: float = _SECONDS_TO_END) -> None:
        """On a task's page: until it has ended so."""
        expect(self.page.locator("#live-task .chip")).to_have_text(re.compile(word), timeout=seconds * 1000)

    @property
    def outcome(self) -> Locator:
        """What the task's page says at its end."""
        return self.page.locator("#live-task [role=status]")


class Repository:
    """The watched directory as a git repository: what each change did to its files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._git("init", "--quiet")
        self.commit()

    def _git(self, *words: str) -> str:
        who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        done = subprocess.run(
            ["git", *who, *words], cwd=self._directory, check=True, capture_output=True, text=True
        )  # fmt: skip
        return done.stdout

    def commit(self) -> None:
        """What is there is known from now on."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", "as it is")

    def changes(self) -> list[str]:
        """The removed and added lines since the last commit, in their order; they count as known then."""
        self._git("add", "--all")
        lines = self._git("diff", "--cached", "--unified=0", "--no-color").splitlines()
        found = [line for line in lines if line[:1] in "+-" and not line.startswith(("+++ ", "--- "))]
        self.commit()
        return found
