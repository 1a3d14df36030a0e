"""Pictures of a running Acme Air for the documentation: the site, Eureka's page, the status, the console.

`python -m tests.support.screenshots [--env acmeair] [site] [eureka] [status] [console]` writes them to docs/pictures/.
Before: an environment that `make acmeair` started. After: docs. Never here: what changes the environment.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Error, expect

from reconciler.cli.session import client
from reconciler.cli.settings import resolve
from reconciler.console.picture import picture
from reconciler.errors import ReconcilerError
from tests.support.acmeair_page import SECONDS_TO_ANSWER, Site
from tests.support.browser import Watched, chromium

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SIZE = (1000, 820)
WIDE = (1200, 860)
LARGEST = 150_000
CUSTOMER = "uid0@email.com"


def site(given: argparse.Namespace) -> Path:
    """Both ways found, and one of each chosen."""
    with chromium() as browser:
        window = Watched(browser, given.site, size=SIZE)
        page = Site(window.page)
        page.enter(CUSTOMER)
        page.search(one_way=False)
        page.choose(one_way=False)
        window.page.locator("h1:visible").scroll_into_view_if_needed()
        window.page.evaluate("scrollTo(0, 0)")
        return _save(window, "acmeair-site.png")


def eureka(given: argparse.Namespace) -> Path:
    """Who is registered."""
    with chromium() as browser:
        window = Watched(browser, given.eureka, size=SIZE)
        window.page.goto("/eureka/")
        found = window.page.get_by_text("ACMEAIR_WEBAPP").first
        expect(found).to_be_visible()
        found.scroll_into_view_if_needed()
        return _save(window, "acmeair-eureka.png")


def console(given: argparse.Namespace) -> Path:
    """The environment in light and in dark, its web tier, a change before it is made. Nothing is carried out."""
    settings = resolve(env=given.env, state=given.state)
    place = client(settings).info()["console"]
    token = settings.token_file.read_text(encoding="ascii").strip()
    saved = PICTURES
    with chromium() as browser:
        for scheme in ("light", "dark"):
            window = Watched(browser, place, size=WIDE, scheme=scheme)
            window.page.goto(f"/sign-in#{token}")
            expect(window.page.get_by_role("navigation", name="Pages")).to_be_visible()
            _look(window, "/", f"console-{scheme}.png")
            _look(window, "/clusters/web", f"console-cluster-{scheme}.png")
            plots = window.page.locator("#live-plots").screenshot()
            saved = _write(f"console-plots-{scheme}.png", plots)
            window.page.get_by_role("button", name="One more").click()
            expect(window.page.get_by_role("button", name="Do it")).to_be_visible()
            _save(window, f"console-change-{scheme}.png")
            window.close()
    return saved


def _look(window: Watched, path: str, name: str) -> None:
    window.page.goto(path)
    expect(window.page.locator("#live-state[data-state=live]")).to_be_visible()
    _save(window, name)


def status(given: argparse.Namespace) -> Path:
    """The dashboard of the environment, drawn by the program itself."""
    settings = resolve(env=given.env, state=given.state)
    loop = client(settings)
    name = f"reconciler status --env {given.env} --watch"
    drawn = picture(
        replace(loop.status(), specs="examples/acmeair"),
        loop.events(limit=8),
        time=time.strftime("%H:%M:%S"),
        title=name,
    )
    place = PICTURES / "acmeair-status.svg"
    place.write_text(drawn, encoding="utf-8")
    return place


def _save(window: Watched, name: str) -> Path:
    """What the window shows, if it is small enough for the repository. Raises RuntimeError otherwise."""
    return _write(name, window.page.screenshot())


def _write(name: str, picture: bytes) -> Path:
    """Raises RuntimeError for one that is too large."""
    place = PICTURES / name
    place.write_bytes(picture)
    size = place.stat().st_size
    if size > LARGEST:
        message = f"{place} has {size} bytes, more than {LARGEST}: make the window smaller"
        raise RuntimeError(message)
    return place


WHAT: dict[str, Callable[[argparse.Namespace], Path]] = {
    "site": site,
    "eureka": eureka,
    "status": status,
    "console": console,
}


def main(arguments: list[str]) -> int:
    """Exit code 0 when all that was asked for is written."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.screenshots")
    parser.add_argument("what", nargs="*", metavar="{site,eureka,status,console}", help="default: all")
    parser.add_argument("--site", default="http://127.0.0.1:8080", help="where Zuul is")
    parser.add_argument("--eureka", default="http://127.0.0.1:8761", help="where Eureka is")
    parser.add_argument("--env", default="acmeair", help="the environment's name")
    parser.add_argument("--state", type=Path, help="its loop's state directory, where it isn't the usual one")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.what) - set(WHAT))
    if unknown:
        parser.error(f"no picture {', '.join(unknown)}; there are: {', '.join(WHAT)}")
    expect.set_options(timeout=SECONDS_TO_ANSWER * 1000)
    for name in given.what or WHAT:
        try:
            print(WHAT[name](given))
        except (Error, AssertionError, RuntimeError, ReconcilerError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
