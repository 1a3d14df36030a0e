"""The console with two hundred instances: how soon it is painted, how soon it shows what happened, what watching costs.

Before: containers of the run's own, a loop with its console, Debian's chromium. After: the table.
"""

import threading
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from tests.bench.idle import cpu_seconds
from tests.bench.stage import BASE, Stage, stage
from tests.bench.values import Row, at_most, figure, samples
from tests.support.browser import Watched, chromium
from tests.support.console import enter

COUNT = 200
VISITS = 7
DEATHS = 7
WINDOWS = 4
WINDOW_SECONDS = 5.0
_CLUSTER = "web"
_START_SECONDS = 400.0
_HEALTH = "zones: [az1, az2, az3]\nhealth: {heartbeat: {interval: 1s, misses: 3}}\n"
# Notes when the page first shows an event of this container that it didn't show before.
_LISTEN = r"""(subject) => {
  const its = new RegExp(`\\b${subject}\\b`);
  const shown = () => [...document.querySelectorAll('[data-event]')].filter(row => its.test(row.textContent));
  const before = new Set(shown().map(row => row.dataset.event));
  window.seenAt = null;
  const look = () => {
    const found = shown().find(row => !before.has(row.dataset.event));
    if (found && window.seenAt === null) {
      window.seenAt = Date.now() / 1000;
      window.seenEvent = Number(found.dataset.event);
    }
  };
  window.listener?.disconnect();
  window.listener = new MutationObserver(look);
  window.listener.observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def measure(engine_url: str) -> Iterator[Row]:
    """One environment, one browser."""
    options = ("--console", "127.0.0.1:0")
    with stage(engine_url, options=options) as here, chromium() as browser:
        here.grow(_CLUSTER, COUNT, _START_SECONDS, image=BASE, more=_HEALTH)
        here.loop.until_settled()
        alone = _shares(here)
        window = _window(here, browser)
        try:
            paints = [_paint(window.page) for _ in range(VISITS)]
            watched = _shares(here)
            happened, told = zip(*(_death(here, window.page, number) for number in range(1, DEATHS + 1)), strict=True)
        finally:
            window.close()
    yield at_most(
        f"console with {COUNT} instances: first paint", samples(paints, "ms"), 0.5,
        f"chromium's `first-contentful-paint` of the environment's page with {COUNT} beating containers; "
        f"{VISITS} visits.",
    )  # fmt: skip
    yield at_most(
        "an event on the page after it happened", samples(happened, "ms"), 0.5,
        f"`docker kill` of one of {COUNT}: from the engine's event of its death to the moment when the open page "
        f"has the first line about it, the loop's own reaction among it; {DEATHS} deaths.",
    )  # fmt: skip
    yield figure(
        "the same, from the moment that the event was recorded", samples(told, "ms"),
        "from the end of the action that the line tells to the moment when the page has it.",
    )  # fmt: skip
    yield figure(
        "the console's own CPU while it is watched", samples([b - a for a, b in zip(alone, watched, strict=True)], "%"),
        f"user and system time of the loop's process, of one core, with the page open, less what it was with nobody "
        f"watching ({samples(alone, '%')}), in {WINDOWS} windows of {WINDOW_SECONDS:g} s each.",
    )  # fmt: skip


def _window(here: Stage, browser: Browser) -> Watched:
    window = Watched(browser, here.loop.client.info()["console"])
    enter(window.page, here.loop)
    return window


def _shares(here: Stage) -> list[float]:
    """Of one core, window by window."""
    clock, shares = threading.Event(), []
    for _ in range(WINDOWS):
        began, before = time.monotonic(), cpu_seconds(here.loop.pid)
        clock.wait(WINDOW_SECONDS)
        shares.append((cpu_seconds(here.loop.pid) - before) / (time.monotonic() - began))
    return shares


def _paint(page: Page) -> float:
    page.goto("/")
    return float(page.wait_for_function(_PAINTED).json_value()) / 1000


def _death(here: Stage, page: Page, number: int) -> tuple[float, float]:
    """From the death to the page, and from the event's own time."""
    page.evaluate(_LISTEN, f"{_CLUSTER}-{number}")
    began = here.now()
    client = here.client()
    client.kill(f"{here.cluster(_CLUSTER)}{number}")
    client.close()
    died = here.events.nth(1, "die", f"{here.cluster(_CLUSTER)}{number}", began)
    page.wait_for_function("() => window.seenAt !== null")
    seen_at, event_id = (float(page.evaluate(f"() => window.{name}")) for name in ("seenAt", "seenEvent"))
    told = next(event.at + event.duration_seconds for event in here.loop.events(_CLUSTER) if event.id == int(event_id))
    here.loop.until_ready(_CLUSTER, COUNT)
    return seen_at - died, seen_at - told
