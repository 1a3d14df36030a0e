"""Everybody can use it: with the keyboard alone, on a phone, with a screen reader, in light and dark."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.accessible import violations
from tests.support.browser import PHONE, Watched
from tests.support.console import Console, Repository, address, enter
from tests.support.console_specs import CANARY, CHAOS, QUICK, text
from tests.support.loop_process import LoopProcess

pytestmark = pytest.mark.engine

PATHS = (
    "/",
    "/clusters/web",
    "/clusters/web/groups/v000",
    "/clusters/web/instances/1",
    "/clusters/web/edit",
    "/clusters/web/next-group",
    "/clusters/shop",
    "/zones/az1",
    "/events",
    "/names?name=web",
    "/new",
    "/tasks",
    "/tasks/1",
    "/chaos",
    "/nowhere",
)


@pytest.fixture(scope="module", autouse=True)
def world(loop: LoopProcess, git: Repository, browser: Browser) -> None:
    """Something of everything: a cluster at rest, a canary that waits for a person, a broken file, a task that ran."""
    loop.save("web", text("web", 2, QUICK + CHAOS))
    loop.save("shop", text("shop", 2, CANARY))
    loop.save("wrong", "image: 7\nsize: many\n")
    loop.until_ready("web", 2)
    loop.until_ready("shop", 2)
    loop.save("shop", text("shop", 2, CANARY).replace("infinity", "12345"))
    loop.until(lambda: "CanaryWaiting" in str(loop.cluster("shop")), 30, "the canary waits")
    git.commit()
    window = Watched(browser, address(loop))
    enter(window.page, loop)
    console = Console(window.page, loop)
    console.open("/clusters/web")
    console.press("One more")
    console.do_it()
    console.until_over()
    git.commit()
    window.close()


@pytest.fixture
def phone(loop: LoopProcess, browser: Browser) -> Iterator[Console]:
    """A narrow window, in the dark, that is signed in."""
    opened = Watched(browser, address(loop), size=PHONE, scheme="dark")
    enter(opened.page, loop)
    try:
        yield Console(opened.page, loop)
        assert opened.faults == []
    finally:
        opened.close()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_breaks_a_rule_of_accessibility(console: Console, path: str) -> None:
    console.open(path)
    assert violations(console.page) == []


@pytest.mark.parametrize("path", PATHS)
def test_every_page_fits_on_a_phone_in_the_dark(phone: Console, path: str) -> None:
    phone.open(path)
    wide = phone.page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one => {
            const box = one.getBoundingClientRect();
            return box.right > innerWidth + 1 && box.width && !one.closest('.table-wrap, pre, .log, .diff, .plots')
                && !one.classList.contains('visually-hidden') && !one.closest('.visually-hidden');
        }).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert wide == []
    assert phone.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert violations(phone.page) == []


def test_a_size_is_changed_with_the_keyboard_alone(window: Watched, loop: LoopProcess, git: Repository) -> None:
    page = window.page
    page.goto("/clusters/web")
    expect(page.get_by_label("Token")).to_be_focused()
    page.keyboard.type((loop.state / "token").read_text().strip())
    page.keyboard.press("Enter")
    page.wait_for_url("**/clusters/web")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_label("Size", exact=True))
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/propose")
    _tab_to(page, page.get_by_role("button", name="Do it"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    Console(page, loop).until_over()
    assert git.changes() == ["-size: 3        # how many", "+size: 2        # how many"]


def test_keys_lead_to_pages_and_to_a_cluster(console: Console) -> None:
    page = console.page
    console.open("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    for key, path in (("x", "/chaos"), ("t", "/tasks"), ("v", "/events"), ("e", "/")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"{address(console.loop)}{path}")
    page.keyboard.press("/")
    page.keyboard.type("shop")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clusters/shop")


def test_what_a_person_types_stays_while_the_page_lives_on(console: Console) -> None:
    console.open("/clusters/web")
    size = console.page.get_by_label("Size", exact=True)
    size.fill("17")
    console.loop.docker.kill(f"{console.loop.env}-web-1")
    expect(console.page.locator("[data-event]", has_text="web-1").first).to_be_visible()
    expect(size).to_have_value("17")
    expect(size).to_be_focused()
    console.loop.until_ready("web")


def test_it_works_without_a_script(loop: LoopProcess, browser: Browser, git: Repository) -> None:
    context = browser.new_context(base_url=address(loop), java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto("/clusters/shop")
        page.get_by_label("Token").fill((loop.state / "token").read_text().strip())
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Take it back", exact=True).first.click()
        page.get_by_role("button", name="Do it").click()
        page.wait_for_url("**/tasks/*")
        assert git.changes() == ["-command: [sleep, 12345]", "+command: [sleep, infinity]"]
    finally:
        context.close()


def test_nothing_is_seen_or_done_without_the_token(window: Watched, git: Repository) -> None:
    page = window.page
    for path in PATHS[:-1]:
        page.goto(path)
        expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    answer = page.request.post("/carry-out", form={"kind": "resize", "name": "web", "size": "9"}, max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert git.changes() == []


def test_another_site_can_do_nothing(console: Console, git: Repository) -> None:
    form: dict[str, str | float | bool] = {"kind": "resize", "name": "web", "size": "9"}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = console.page.request.post("/carry-out", form=form, headers=headers)
        assert answer.status == 403, headers
    assert console.page.request.post("/carry-out", form=form).status == 403
    assert console.page.request.get("/", headers={"Host": "evil.example"}).status in (403, 421)
    assert console.page.request.get("/carry-out").status == 405
    assert git.changes() == []


def _tab_to(page: Page, wanted: Locator, most: int = 60) -> None:
    for _ in range(most):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached with {most} times Tab: {json.dumps(page.url)}")
