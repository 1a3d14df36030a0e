"""The cloud in its web console: all of it at a glance, a part that dies and comes back seen live."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.acmeair import Cloud
from tests.support.browser import Watched, chromium
from tests.support.console import address, enter

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(300)]


@pytest.fixture
def page(air: Cloud) -> Iterator[Page]:
    """A window that is signed in; at its end the page has done nothing wrong."""
    with chromium() as browser:
        window = Watched(browser, address(air.loop))
        enter(window.page, air.loop)
        yield window.page
        assert window.faults == []
        window.close()


def test_every_part_is_there_in_its_zone_and_a_death_is_seen_until_it_is_healed(air: Cloud, page: Page) -> None:
    page.goto("/")
    for name in air.clusters:
        expect(page.locator(f"[data-instance={name}-1]").first).to_have_attribute("data-verdict", "ready")
    expect(page.locator("#live-health")).to_contain_text("All 6 clusters are as their files say")
    page.goto("/clusters/web")
    air.loop.docker.kill(f"{air.loop.env}-web-1")
    expect(page.locator("[data-event]", has_text="web-1").first).to_be_visible()
    expect(page.locator(".recoveries li").first).to_have_text(re.compile(r"\d s"), timeout=60_000)
    expect(page.locator("#live-summary")).to_contain_text("Ready")
